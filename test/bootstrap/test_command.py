"""Commands that fail: one clear line that says what to do, and the whole output in the log."""

from __future__ import annotations

import os

import pytest

from tools.bootstrap import command
from tools.bootstrap.errors import SetupError, explain


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full: free some space"),
        ("c++: fatal error: error writing to /x/y.s: No space left on device", "the disk is full"),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(\"Failed to establish a "
            "new connection: [Errno -3] Temporary failure in name resolution\")'\n"
            "ERROR: Could not find a version that satisfies the requirement numpy\n"
            "ERROR: No matching distribution found for numpy",
            "no connection to the package index: check the network",
        ),
        ("ReadTimeoutError: HTTPSConnectionPool: Read timed out.", "no connection to the package index"),
        ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "certificate was refused"),
        (
            "ERROR: No matching distribution found for ros-kilted-rclpy",
            "the package index offers no ros-kilted-rclpy for Python 3.12, Linux x86_64",
        ),
        (
            "ERROR: Cannot install numpy because these package versions have conflicting dependencies.\n\n"
            "The conflict is caused by:\n    The user requested numpy\n"
            "    The user requested (constraint) numpy==2.4.6\n",
            "the package index offers no numpy==2.4.6 for Python 3.12, Linux x86_64",
        ),
        ("  No CMAKE_CXX_COMPILER could be found.", "no working C++ compiler: sudo apt install g++"),
        ("-- The CXX compiler identification is unknown", "no working C++ compiler"),
        ("CMake was unable to find a build program corresponding to \"Unix Makefiles\"", "sudo apt install make"),
        ("fatal error: Python.h: No such file or directory", "sudo apt install python3-dev"),
        (
            "The virtual environment was not created successfully because ensurepip is not available.",
            "sudo apt install python3-venv",
        ),
        ("PermissionError: [Errno 13] Permission denied: '.venv'", "check who owns this folder"),
    ],
)  # fmt: skip
def test_a_known_cause_is_one_line_that_says_what_to_do(output, advice):
    text = explain(f"noise before\n{output}\nnoise after", "Python 3.12, Linux x86_64")

    assert advice in text
    assert "\n" not in text


def test_an_unknown_cause_has_no_explanation():
    assert explain("error: something else", "Python 3.12") is None


def test_the_output_of_a_command_goes_to_the_log_and_its_milestones_to_the_screen(program, tmp_path, capsys):
    talk = program(
        "echo \"WARNING: Location 'file:///x/' is ignored: it is neither a file nor a directory.\"\n"
        "echo '  Downloading torch-2.13.0-cp312-cp312-linux_x86_64.whl (196.2 MB)'\n"
        "echo '  Downloading rich-15.0.0-py3-none-any.whl (243 kB)'\n"
        "echo 'Installing collected packages: rich, torch'"
    )
    command.run([talk, "argument"], tmp_path / "log", os.environ, tmp_path)

    shown = capsys.readouterr().out
    assert "downloading torch (196.2 MB)" in shown
    assert "installing 2 packages" in shown
    assert "rich" not in shown
    log = (tmp_path / "log").read_text()
    assert f"$ {talk} argument" in log
    assert "rich-15.0.0" in log
    assert "is ignored" not in log


def test_a_failed_command_names_the_cause_and_the_log(program, tmp_path):
    with pytest.raises(SetupError) as caught:
        command.run([program("echo 'No space left on device'; exit 3")], tmp_path / "setup.log", os.environ, tmp_path)
    assert str(caught.value).startswith("the disk is full: free some space")
    assert str(tmp_path / "setup.log") in str(caught.value)


def test_a_failure_without_a_known_cause_shows_its_last_error_line(program, tmp_path):
    fail = program("echo 'ERROR: it broke'; echo 'see the manual'; exit 7")

    with pytest.raises(SetupError, match="program failed with status 7: ERROR: it broke"):
        command.run([fail], tmp_path / "log", os.environ, tmp_path)


def test_a_killed_command_is_told_from_a_failed_one(program, tmp_path):
    with pytest.raises(SetupError, match="ended by signal 9; run `make setup` again"):
        command.run([program("kill -9 $$")], tmp_path / "log", os.environ, tmp_path)


def test_a_missing_program_is_one_line(tmp_path):
    with pytest.raises(SetupError, match="does not start"):
        command.run([tmp_path / "absent"], tmp_path / "log", os.environ, tmp_path)
