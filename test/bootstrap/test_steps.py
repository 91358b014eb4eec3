"""What each step depends on and does, with the ROS 2 wheels and with a sourced ROS 2."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from tools.bootstrap import command, ros, steps
from tools.bootstrap.errors import SetupError

WHEELS = ros.RosChoice(None, "python3")
SOURCED = ros.RosChoice("jazzy", "python3", (("numpy", "1.26.4"),))


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("constraints.txt", ["packages", "interfaces"]),
        ("tools/ros-wheels.txt", ["packages", "interfaces"]),
        ("pyproject.toml", ["packages"]),
        ("setup.py", ["packages"]),
        ("utrack_interfaces/package.xml", ["interfaces"]),
        ("models/manifest.json", []),
    ],
)
def test_a_changed_file_repeats_the_steps_that_depend_on_it(checkout, changed, again):
    before = {step.name: step.inputs for step in checkout(WHEELS).steps()}
    made = checkout(WHEELS)
    (made.root / changed).write_text("changed")

    assert [step.name for step in made.steps() if step.inputs != before[step.name]] == again


def test_another_ros_repeats_every_step(checkout):
    before = {step.inputs for step in checkout(WHEELS).steps()}

    assert before.isdisjoint(step.inputs for step in checkout(SOURCED).steps())


def test_sourcing_the_checkouts_own_env_repeats_nothing(checkout):
    underlay = "/opt/ros/jazzy"
    own = checkout(SOURCED).root / "install" / "utrack_interfaces"

    plain = checkout(SOURCED, {"AMENT_PREFIX_PATH": underlay}).steps()
    sourced = checkout(SOURCED, {"AMENT_PREFIX_PATH": f"{own}:{underlay}"}).steps()
    other = checkout(SOURCED, {"AMENT_PREFIX_PATH": f"/opt/overlay:{underlay}"}).steps()
    assert plain[-1].inputs == sourced[-1].inputs != other[-1].inputs


def test_a_half_made_environment_is_made_anew(checkout, monkeypatch):
    made = checkout(WHEELS)
    (made.venv / "lib").mkdir(parents=True)
    (made.venv / "pyvenv.cfg").write_text("")
    calls = []
    monkeypatch.setattr(command, "run", lambda words, *_: calls.append([*map(str, words)]))

    made.steps()[0].run()
    assert not (made.venv / "lib").exists()
    assert calls == [["python3", "-m", "venv", str(made.venv)]]


def test_a_folder_that_is_no_environment_is_left_alone(checkout):
    made = checkout(WHEELS)
    made.venv.mkdir()
    (made.venv / "thesis.txt").write_text("")

    with pytest.raises(SetupError, match="is no virtual environment: move it away"):
        made.steps()[0].run()
    assert (made.venv / "thesis.txt").exists()


def pip_calls(made: steps.Checkout, monkeypatch) -> list[str]:
    """Run the packages step without pip and return the command lines."""
    calls: list[str] = []
    facts = {"purelib": str(made.venv), "include": "/include", "numpy": "/numpy", "lib": "python3.12"}
    monkeypatch.setattr(made, "_facts", lambda: facts)
    monkeypatch.setattr(command, "run", lambda words, *_: calls.append(" ".join(map(str, words))))
    made.venv.mkdir()
    made.steps()[1].run()
    return calls


def test_without_ros_the_wheels_are_installed_at_their_pinned_versions(checkout, monkeypatch):
    made = checkout(WHEELS)
    calls = pip_calls(made, monkeypatch)

    assert all(f"-c {made.root / 'constraints.txt'}" in call for call in calls)
    assert any("ros-wheels.txt" in call and "[dev,eval,train,weights,onnx]" in call for call in calls)


def test_with_ros_no_wheels_are_installed_and_its_numpy_stays(checkout, monkeypatch):
    made = checkout(SOURCED)
    (made.root / "constraints.txt").write_text("numpy==2.4.6\nrich==15.0.0\n")
    calls = pip_calls(made, monkeypatch)

    assert not any("ros-wheels.txt" in call for call in calls)
    assert ["onnx]" in call for call in calls[-2:]] == [False, True]
    assert all(f"-c {made.venv / 'constraints.txt'}" in call for call in calls)
    assert (made.venv / "constraints.txt").read_text() == "rich==15.0.0\nnumpy==1.26.4\n"


def test_a_numpy_of_ros_that_is_too_old_for_onnx_runtime_is_no_end(checkout, monkeypatch, capsys):
    made = checkout(SOURCED)

    def run(words, *_):
        if "onnx]" in str(words[-1]):
            raise SetupError("conflicting dependencies")

    (made.root / "constraints.txt").write_text("numpy==2.4.6\n")
    monkeypatch.setattr(made, "_facts", lambda: {"purelib": str(made.venv)})
    monkeypatch.setattr(command, "run", run)
    made.venv.mkdir()
    made.steps()[1].run()

    assert "no ONNX Runtime here" in capsys.readouterr().out


def test_with_ros_the_environment_sees_its_packages(checkout, monkeypatch):
    calls = []
    monkeypatch.setattr(command, "run", lambda words, *_: calls.append([*map(str, words)]))
    checkout(SOURCED).steps()[0].run()

    assert "--system-site-packages" in calls[0]


def test_ros2_finds_the_package_in_the_checkout(checkout):
    made = checkout(WHEELS)
    (made.root / "launch").mkdir()
    (made.root / "launch" / "tracker.launch.py").touch()
    made.link_package()
    prefix = made.root / "install" / "utrack_ros"

    assert (prefix / "lib" / "utrack_ros" / "tracker").readlink() == made.venv / "bin" / "tracker"
    assert not (prefix / "share" / "utrack_ros" / "launch").is_symlink()
    assert (prefix / "share" / "utrack_ros" / "launch" / "tracker.launch.py").is_file()
    (made.root / "launch" / "tracker.launch.py").rename(made.root / "launch" / "other.launch.py")
    made.link_package()
    assert [path.name for path in (prefix / "share" / "utrack_ros" / "launch").iterdir()] == ["other.launch.py"]


def test_ros2_finds_every_program_of_the_package_but_the_utrack_command():
    build = (Path(__file__).parents[2] / "setup.py").read_text("utf-8")
    programs = re.findall(r'"(\w+) = utrack_ros\.', build)

    assert "tracker" in programs
    assert sorted(steps.EXECUTABLES) == sorted(set(programs) - {"utrack"})


@pytest.mark.parametrize(("content", "missing"), [(b"weights", False), (b"weighty", True), (None, True)])
def test_a_model_file_that_is_absent_or_other_than_promised_is_made(checkout, content, missing):
    made = checkout(WHEELS)
    models = made.root / "models"
    entry = {"file": "net.safetensors", "sha256": hashlib.sha256(b"weights").hexdigest()}
    (models / "manifest.json").write_text(json.dumps({"models": [entry]}))
    if content is not None:
        (models / "net.safetensors").write_bytes(content)

    assert made.model_is_missing() is missing


def test_a_damaged_manifest_is_one_clear_line(checkout):
    made = checkout(WHEELS)
    (made.root / "models" / "manifest.json").write_text("{")

    with pytest.raises(SetupError, match=r"manifest\.json is damaged .*git checkout models/manifest\.json"):
        made.model_is_missing()
