"""env.sh, sourced by a real bash."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.bootstrap import envfile


def sourced(folder: Path, env: dict[str, str], times: int = 1) -> tuple[int, dict[str, str], str]:
    """Source env.sh in a bare bash; return its status, the environment after it, and its messages."""
    script = "cd / && " + '. "$0"/env.sh && ' * times + "env -0"
    result = subprocess.run(
        ["/bin/bash", "-uc", script, str(folder)], env={"PATH": "/usr/bin:/bin"} | env, capture_output=True, text=True
    )
    pairs = [line.partition("=") for line in result.stdout.split("\0") if line]
    return result.returncode, {name: value for name, _, value in pairs}, result.stderr


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "my drone"
    made.mkdir()
    return made


def test_env_puts_the_checkout_first_and_keeps_what_was_there(folder):
    (folder / "env.sh").write_text(envfile.text(folder, folder / ".venv", "python3.12", None))
    status, env, _ = sourced(folder, {"PYTHONPATH": "/mine", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"})

    assert status == 0
    assert env["PATH"] == f"{folder}/.venv/bin:/usr/bin:/bin"
    assert env["PYTHONPATH"] == f"{folder}/install/utrack_interfaces/lib/python3.12/site-packages:/mine"
    assert env["AMENT_PREFIX_PATH"] == f"{folder}/install/utrack_ros:{folder}/install/utrack_interfaces:{folder}/.venv"
    assert env["LD_LIBRARY_PATH"] == f"{folder}/install/utrack_interfaces/lib"
    assert env["FASTDDS_DEFAULT_PROFILES_FILE"] == f"{folder}/config/fastdds_shm.xml"
    assert env["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "SUBNET"
    assert "ROS_DISTRO" not in env
    assert "_utrack_first" not in " ".join(env)


def test_env_sourced_twice_is_env_sourced_once(folder):
    (folder / "env.sh").write_text(envfile.text(folder, folder / ".venv", "python3.12", None))

    assert sourced(folder, {}, times=2)[1] == sourced(folder, {})[1]


def test_env_discovers_on_the_loopback_unless_told_otherwise(folder):
    (folder / "env.sh").write_text(envfile.text(folder, folder / ".venv", "python3.12", None))

    assert sourced(folder, {})[1]["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"


@pytest.mark.parametrize(("made_for", "here"), [(None, "jazzy"), ("jazzy", ""), ("jazzy", "humble")])
def test_env_refuses_a_shell_with_another_ros(folder, made_for, here):
    (folder / "env.sh").write_text(envfile.text(folder, folder / ".venv", "python3.12", made_for))
    status, _, message = sourced(folder, {"ROS_DISTRO": here})

    assert status == 1
    assert "run make setup again" in message


def test_env_over_a_sourced_ros_leaves_its_prefixes_in_place(folder):
    (folder / "env.sh").write_text(envfile.text(folder, folder / ".venv", "python3.12", "jazzy"))
    _, env, _ = sourced(folder, {"ROS_DISTRO": "jazzy", "AMENT_PREFIX_PATH": "/opt/ros/jazzy"})

    own = folder / "install"
    assert env["AMENT_PREFIX_PATH"] == f"{own}/utrack_ros:{own}/utrack_interfaces:/opt/ros/jazzy"
    assert env["FASTRTPS_DEFAULT_PROFILES_FILE"] == f"{folder}/config/fastdds_shm.xml"


def test_env_over_a_sourced_ros_does_not_hide_it_from_other_computers(folder):
    (folder / "env.sh").write_text(envfile.text(folder, folder / ".venv", "python3.12", "jazzy"))

    assert "ROS_AUTOMATIC_DISCOVERY_RANGE" not in sourced(folder, {"ROS_DISTRO": "jazzy"})[1]
