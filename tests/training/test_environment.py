"""What a run computes with: a change is reported."""

import json

from geolift.training import environment


def test_another_environment_is_reported(tmp_path):
    assert environment.changes(tmp_path) == [] and environment.changes(tmp_path) == []
    content = json.loads((tmp_path / environment.FILE).read_text())
    content["packages"]["jax"] = "0.0.1"
    (tmp_path / environment.FILE).write_text(json.dumps(content))
    [message] = environment.changes(tmp_path)
    assert "packages.jax: started with '0.0.1', now '" in message and "devices" not in message
    assert environment.changes(tmp_path) == []
    (tmp_path / environment.FILE).write_text("")
    [message] = environment.changes(tmp_path)
    assert "environment.json: not readable" in message and environment.changes(tmp_path) == []
