"""The config schema, the recipes in configs/, and the flags that change them."""

import ast
import importlib
import math
import subprocess
import sys

import pytest

from configs import human, pretrained
from geolift.errors import ConfigError
from geolift.pretrained.models import load_card
from geolift.training.config import RENAMED, flatten, load, load_older, unknown
from geolift.training.config_table import describe, markdown
from geolift.training.schema import ENTRIES, SCHEMA
from launch.config_flags import recipe
from tests.helpers.paths import ROOT

RECIPES = sorted(path for path in (ROOT / "configs").rglob("*.py") if path.name != "__init__.py")


def command(*arguments):
    """What a training program prints and how it ends."""
    done = subprocess.run(
        [sys.executable, "-m", "launch.train", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def other(entry):
    """A value that is allowed and not the default."""
    if entry.choices:
        return next(choice for choice in entry.choices if choice != entry.default)
    if type(entry.default) is bool:
        return not entry.default
    if type(entry.default) is str:
        return "something"
    kind, range_ = type(entry.default), entry.range
    tries = (2 * entry.default, entry.default / 2, entry.default + 2, 0.5)
    return next(kind(x) for x in tries if kind(x) != entry.default and range_.holds(kind(x)))


def test_names_are_unique_and_every_entry_is_explained_in_a_line():
    assert len(ENTRIES) == len(SCHEMA)
    for entry in SCHEMA:
        assert entry.about and "\n" not in entry.about and entry.checked(entry.default) == entry.default, entry.name


def test_a_config_is_whole_and_survives_json(tmp_path):
    config = load({entry.name: other(entry) for entry in SCHEMA})
    assert list(sorted(flatten(config))) == sorted(ENTRIES)
    assert load(config.to_dict()).to_dict() == config.to_dict() == load_older(config.to_dict()).to_dict()
    assert all(value != ENTRIES[name].default for name, value in flatten(config).items())
    config.lifter.widht = 3
    with pytest.raises(ConfigError, match=r"lifter\.widht: found no such entry"):
        load(config)


@pytest.mark.parametrize("entry", SCHEMA, ids=lambda entry: entry.name)
def test_values_of_another_kind_or_out_of_range_are_refused_by_name(entry):
    kind = type(entry.default)
    wrong = [
        None,
        [1],
        {},
        {"a": 1},
        *({bool: (1, 0.0, "True"), int: (1.5, True, "3"), float: ("3", True)}.get(kind, (3, True))),
    ]
    if kind in (int, float):
        wrong += [math.nan, math.inf, -math.inf]
        wrong += [kind(x) for x in (entry.range.low - 1, entry.range.high * 2) if math.isfinite(x)]
    if entry.choices:
        wrong.append("something")
    for value in wrong:
        with pytest.raises(ConfigError, match=rf"^{entry.name}[:.]") as caught:
            load({entry.name: value})
        assert "found" in str(caught.value) and "expected" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("lifter.widht", "lifter.width"), ("loss.weights.likelyhood", "loss.weights.likelihood"),
        ("loss.weight.symmetry", "loss.weights.symmetry"), ("batchsize", "batch_size"), ("lr", "optimizer.lifter"),
        ("data.pth", "data.path"), ("pitch", "view.pitch"), ("mirror", "mirror_equivariant"),
        ("flow.component", "flow.components"), ("weights.temporal", "loss.weights.temporal"),
    ],
)  # fmt: skip
def test_an_unknown_entry_is_refused_with_the_nearest_name(name, nearest):
    with pytest.raises(ConfigError, match=f"{name}: found no such entry, .*did you mean {nearest}"):
        load({name: 3})


def test_a_block_is_no_entry():
    with pytest.raises(ConfigError, match=r"view: found no such entry, expected view\.distance, view\.min_depth"):
        load({"view": 3})
    assert "expected lifter.width" in unknown("lifter")


def test_configs_of_older_runs_keep_their_meaning():
    older = {
        "mirror": True,
        "detector": {"noise": 0.1, "hidden": 0.0},
        "lifter": {"flat": True, "width": 8},
        "flow": {},
    }
    older |= {"view": {"learned": "mean"}, "loss": {"unsquared": True, "weights": {"adversarial": 2}}}
    config = load_older(older)
    assert (config.mirror_equivariant, config.augmentation.noise, config.lifter.flat_start) == (True, 0.1, True)
    assert load_older({"view": {"learned_pitch": "pose"}}).view.tilt == "elepose"
    assert load_older({"view": {"learned_pitch": ""}}).view.tilt == "fixed"
    assert (config.view.tilt, config.loss.squared, config.lifter.width) == ("mean", False, 8)
    assert config.loss.weights.adversarial == 2.0 and config.lifter.blocks == 4
    with pytest.raises(ConfigError, match="mirror: found no such entry"):
        load({"mirror": True})  # a flag or a recipe of today uses today's names
    assert not set(RENAMED) & set(ENTRIES) and set(RENAMED.values()) <= set(ENTRIES)


@pytest.mark.parametrize(
    ("name", "recipe", "flags"),
    [("cmu", pretrained, {"data.path", "adapter.data"}), ("human", human, {"data.path"})],
)
def test_the_lifters_that_come_with_geolift_were_trained_by_their_recipes(name, recipe, flags):
    trained, expected = flatten(load_older(load_card(name)["config"])), flatten(recipe.get_config())
    differ = {entry for entry in ENTRIES if trained[entry] != expected[entry]}
    assert flags <= differ <= flags | {"seed", "run.log_every", "run.validate_every"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_whole_and_its_head_says_command_time_and_result(path):
    head = ast.get_docstring(ast.parse(path.read_text()))
    for part in (f"--config=configs/{path.relative_to(ROOT / 'configs')}", "\nTime: ", "\nResult: "):
        assert part in head or (path.stem in ("quickstart", "ladder", "ablation") and part.startswith("--config"))
    assert "python -m launch." in head
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if hasattr(module, "get_config"):
        assert sorted(flatten(module.get_config())) == sorted(ENTRIES)


def parents(path):
    """The recipes that a recipe imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return [alias.name for node in nodes if node.module.partition(".")[0] == "configs" for alias in node.names]


def test_recipes_inherit_at_most_once():
    inherited = {path.stem: parents(path) for path in RECIPES}
    assert inherited["best"] == ["best_cpu"] and inherited["links"] == ["elepose"]
    for name, of in inherited.items():
        assert len(of) <= 1, name
        assert not any(inherited[parent] for parent in of), f"{name} inherits from {of}, which inherits"


def test_the_page_of_entries_is_that_of_the_schema():
    page = (ROOT / "docs" / "config.md").read_text()
    assert page == markdown(), "run: python -m geolift.training.config_table > docs/config.md"


def test_what_differs_from_the_paper_is_marked():
    lines = describe(load({"lifter.width": 256})).splitlines()
    (changed,) = (line for line in lines[:-1] if line.startswith("*"))
    assert changed.split()[1:5] == ["lifter.width", "256", "(paper:", "1024)"]
    assert len(lines) == len(SCHEMA) + 1 and lines[-1].startswith("* 1 of ")


def test_every_entry_can_be_set_by_flag():
    flags = [f"--config.{entry.name}={other(entry)}" for entry in SCHEMA]
    code, out, error = command("--config=configs/paper.py", "--print_config", *flags)
    assert code == 0, error
    rows = {line.split()[1]: line for line in out.splitlines()[:-1] if line.startswith("*")}
    assert sorted(rows) == sorted(ENTRIES)
    assert "0.05" in command("--print_config", "--config.loss.weights.likelihood", "0.05")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config.nonsense=3"], "--config.nonsense: found no such entry"),
        (
            ["--config.lr=2"],
            "--config.lr: found no such entry, expected one of docs/config.md; did you mean optimizer.",
        ),
        (["--config.loss.weights.likelyhood=1"], "did you mean loss.weights.likelihood?"),
        (["--config.steps=many"], "--config.steps=many: expected a whole number of at least 1"),
        (["--config.steps=0"], "--config.steps=0: expected a whole number of at least 1"),
        (["--config.bfloat16=maybe"], "--config.bfloat16=maybe: expected True or False"),
        (["--config.bfloat16", "false"], "found the argument 'false', expected flags only, --NAME=VALUE"),
        (["--cofnig=3"], "--cofnig: found no such flag; did you mean --config?"),
        (["--config.seed=99999999999999999999"], "--config.seed=99999999999999999999: expected a whole number from 0"),
        (["--config=configs/tables/ladder.py"], "ladder.py: cannot be run: AttributeError"),
        (["--config.loss.unsquared=True"], "did you mean loss.squared, with the opposite value?"),
        (["--config.lifter.norm=weight"], "--config.lifter.norm=weight: expected one of"),
        (
            ["--config=configs/bset_cpu.py"],
            "found no file 'configs/bset_cpu.py', expected a recipe, FILE.py; did you mean configs/best_cpu.py?",
        ),
        (["--config=README.md"], "--config: found the file 'README.md', expected a recipe, FILE.py"),
        (["--config=configs/cpu.py:none"], "configs/cpu.py:none: cannot be run: ModuleNotFoundError"),
        (["--wrokdir=x"], "--wrokdir: found no such flag; did you mean --workdir?"),
        (["--config.data.path="], "data.path: found none, expected a geolift data set"),
    ],
)
def test_a_wrong_flag_is_refused_in_one_line(arguments, message):
    code, out, error = command(*arguments)
    assert code == 1 and not out
    assert message in error and error.startswith("geolift: ") and error.count("\n") == 1


def test_a_recipe_of_a_user_may_hold_a_few_entries(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def get_config(width='8'):\n    return {'lifter': {'width': int(width)}}\n")
    assert load(recipe(str(path))).lifter.width == 8 and load(recipe(f"{path}:16")).lifter.width == 16
    path.write_text("def get_config():\n    return {'lifter.widht': 8}\n")
    code, _, error = command(f"--config={path}", "--print_config")
    assert code == 1 and "did you mean lifter.width" in error


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return None", "get_config: found no return value, expected a config or a dict"),
        ("return [1]", "config: found list, expected a ConfigDict or a dict of entries"),
        ("return {5: 1}", "config: found the name 5, expected text"),
        ("return {'lifter': {'width': 64}, 'lifter.width': 65}", "lifter.width: found twice"),
        ("c = load(); c.lifter.widht = 3; return c", "lifter.widht: found no such entry"),
        ("c = load(); c.lifter.width = 'wide'; return c", "lifter.width: found 'wide', expected a whole number"),
        ("return load({'steps': 0})", "geolift: steps: found 0"),
        ("return 1 / 0", "mine.py: cannot be run: ZeroDivisionError"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_line(body, message, tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(f"from geolift.training.config import load\ndef get_config():\n    {body}\n")
    with pytest.raises(ConfigError) as caught:
        load(recipe(str(path)))
    assert message in f"geolift: {caught.value}" and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("older", "message"),
    [
        ({"loss": {"unsquared": "no"}}, "loss.unsquared: found 'no', expected True or False"),
        ({"mirror": True, "mirror_equivariant": False}, "found with|found twice"),
        ({"steps": "x"}, "steps: found 'x'"),
    ],
)
def test_a_damaged_config_of_a_run_is_refused(older, message):
    with pytest.raises(ConfigError, match=message):
        load_older(older)
