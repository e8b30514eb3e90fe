"""Model cards: what a model was trained on and how, what it is good for, how well it does (docs/models.md)."""

import json
from pathlib import Path
from typing import Any

from geolift.model import Model

CARD = {
    "run": "Run",
    "data": "Training data",
    "terms": "Terms of data and weights",
    "command": "Command",
    "commit": "Commit of geolift",
    "seed": "Seed",
    "steps": "Steps",
    "hardware": "Hardware",
    "use": "Intended use",
    "limits": "Limits",
    "metrics": "Accuracy",
    "config": "Config",
}  # the entries of a card, and their headings


def card_metrics(result: dict[str, Any], model: Model) -> dict[str, Any]:
    """What a card's "metrics" holds: the content of an `evaluation.json` without its rows of actions and joints.

    Args:
        result: that content.
        model: the model that was measured.
    """
    baselines = result.get("baselines", {})
    return {
        "model": model.id,
        "values": {key: result[key] for key in result["units"]},
        "baselines": {name: {key: row[key] for key in result["units"]} for name, row in baselines.items()},
        "frames": result["counts"]["frames"],
        **{key: result[key] for key in ("source", "split", "protocol", "statement", "units", "definitions")},
        "data": Path(result["data"]).name,
    }


def describe_card(card: dict[str, Any]) -> str:
    """A card in Markdown; an entry that it lacks is "not recorded".

    Args:
        card: entries of `CARD`, and "model".

    Returns:
        The text.

    Example:
        >>> print(describe_card({"model": "mine-1a2b3c4d", "steps": 5}).splitlines()[0])
        # mine-1a2b3c4d
    """
    lines = [f"# {card.get('model', card.get('run', 'model'))}", ""]
    long = ("use", "limits", "metrics", "config")
    lines += ["| | |", "| --- | --- |"]
    lines += [f"| {title} | {_cell(card.get(key))} |" for key, title in CARD.items() if key not in long]
    for key in ("use", "limits"):
        lines += ["", f"## {CARD[key]}", "", str(card.get(key, "not recorded"))]
    lines += ["", f"## {CARD['metrics']}", "", *_metrics(card.get("metrics"))]
    config = json.dumps(card["config"], indent=2, ensure_ascii=False) if "config" in card else "not recorded"
    lines += ["", f"## {CARD['config']}", "", "```json", config, "```"]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    return "not recorded" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def _metrics(metrics: dict[str, Any] | None) -> list[str]:
    """Lines of Markdown: where and how it was measured, then every measure beside the baselines."""
    if not metrics:
        return ["not recorded"]
    systems = {metrics["model"]: metrics["values"], **metrics["baselines"]}
    lines = [
        f"{metrics['data']}, split `{metrics['split']}`, {metrics['frames']} frames; {metrics['source']}.",
        f"Protocol `{metrics['protocol']}`: {metrics['statement']}.",
        f"Averages: {metrics['definitions']['average']}.",
        "",
        "| measure | unit | " + " | ".join(systems) + " | definition |",
        "| --- | --- | " + "--- | " * len(systems) + "--- |",
    ]
    for key, unit in metrics["units"].items():
        values = " | ".join("none" if v[key] is None else f"{v[key]:.1f}" for v in systems.values())
        lines.append(f"| {key} | {unit} | {values} | {metrics['definitions'][key]} |")
    return lines
