// People ask the search in sentences. It takes each word for the beginning of words, so that "do" finds "domain", and
// "cameras" does not find "camera". So words that say nothing about a page are taken out of a question before it is
// searched, if others are left, and endings are taken off.
const COMMON_WORDS = new Set(
  ("a about after all am an and any are as at be been but by can cannot could did do does doing don done for from get gets " +
    "getting give given go had has have having he her here his how i if in into is it its just like made make many may me " +
    "mine more most much must my need needs no not of off on one only or other our out over own please possible really same " +
    "should so some such than that the their them then there these they thing this those to too use used using very want " +
    "was way we were what when where which while who why will with without work works would wrong you your").split(" "),
);

// "--people," asks for people; and as words are beginnings, "camera" finds cameras, and "calibrat" calibration.
function beginning(word) {
  const bare = word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
  return bare.replace(/(?<=\p{L}{4})(?:ies|es|s|ed|ing)$/u, "");
}

function withoutCommonWords(query) {
  if (/["+*~:^]/.test(query)) return query; // whoever writes operators knows which words they want
  const words = query.split(/\s+/);
  const kept = words.filter((word) => !COMMON_WORDS.has(word.toLowerCase().replace(/[^a-z]/g, "")));
  return (kept.length > 0 ? kept : words).map(beginning).join(" ");
}

// The page asks its search by messages to a worker; those of type 2 are queries.
if (typeof Worker !== "undefined") {
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message?.type === 2 && typeof message.data === "string") {
      message = { ...message, data: withoutCommonWords(message.data) };
    }
    return post.call(this, message, ...rest);
  };
}
