"""GitHub's workflows: what they run exists, actions have a version, and nothing may write without need."""

import re

import pytest
import yaml

from tests.helpers.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request):
    return yaml.safe_load(request.param.read_text())


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_scripts_that_are_run_exist(workflow):
    scripts = {name for step in steps(workflow) for name in re.findall(r"\.ci/\w+", step.get("run", ""))}
    assert [name for name in sorted(scripts) if not (ROOT / name).stat().st_mode & 0o111] == []


def test_actions_have_a_version(workflow):
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used and [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+(\.\d+)*", name)] == []


def test_only_what_publishes_may_write(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        if name != "publish":
            assert "write" not in job.get("permissions", {}).values(), name
        assert job["timeout-minutes"] <= 60
