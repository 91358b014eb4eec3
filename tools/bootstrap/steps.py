"""The steps of the set-up, in order; each knows what it depends on and whether its result is there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import command, envfile, wheels
from .errors import AGAIN, SetupError
from .ros import RosChoice, constraints
from .stamps import digest

NEEDED_GB = 5.0
"""Disk for everything, with the CPU build of torch."""
CUDA_NEEDED_GB = 12.0
"""The same with its CUDA build, which is what the public index offers; pip alone knows which it will be."""
PACKAGE_FILES = ("constraints.txt", "pyproject.toml", "setup.py", "setup.cfg", "tools/ros-wheels.txt")
"""What decides which packages are installed, and how."""
EXECUTABLES = ("tracker", "video_publisher", "bag_player", "target_recorder")
"""The console scripts of setup.py that `ros2 run utrack_ros` starts."""
_FACTS = """
import json, sysconfig
try:
    import numpy
    numpy_include = numpy.get_include()
except ImportError:
    numpy_include = ""
paths = sysconfig.get_paths()
print(json.dumps({"include": paths["include"], "purelib": paths["purelib"], "numpy": numpy_include,
                  "lib": "python" + sysconfig.get_python_version()}))
"""


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: name of its stamp.
        title: what the user reads while it runs.
        inputs: digest of all that it depends on.
        result: a file that it makes; without it the step runs whatever its stamp says.
        run: does the work.
    """

    name: str
    title: str
    inputs: str
    result: Path
    run: Callable[[], None]


class Checkout:
    """A checkout being set up.

    Attributes:
        root: its folder.
        ros: the ROS 2 it uses.
    """

    def __init__(self, root: Path, ros: RosChoice, env: dict[str, str]) -> None:
        self.root = root
        self.ros = ros
        self.venv = root / ".venv"
        self.log = root / "log" / "setup.log"
        self.stamps = self.venv / ".stamps"
        self._env = env

    def steps(self) -> list[Step]:
        """Return the steps in the order in which they run."""
        root, venv = self.root, self.venv
        made_for = digest([str(root), self.ros.python, str(self.ros.distro), json.dumps(self.ros.kept)])
        packages = digest([made_for, *(root / name for name in PACKAGE_FILES)])
        generators = [root / "constraints.txt", root / "tools" / "ros-wheels.txt"]
        interfaces = digest([made_for, *generators, self._underlay(), root / "utrack_interfaces"])
        built = root / "install" / "utrack_interfaces" / "share" / "utrack_interfaces" / "package.xml"
        python, utrack = venv / "bin" / "python", venv / "bin" / "utrack"
        return [
            Step("venv", f"virtual environment for {self.ros.name}", made_for, python, self._make_venv),
            Step("packages", "Python packages, some minutes the first time", packages, utrack, self._install),
            Step("interfaces", "building the messages (utrack_interfaces)", interfaces, built, self._build),
        ]

    def check_machine(self) -> None:
        """Refuse a machine that cannot finish the set-up, before hours of work are lost on it.

        Raises:
            SetupError: no compiler, too little disk, or no wheels for this machine.
        """
        if not (self.stamps / "packages").is_file():
            self._check_disk()
        compiler = self._env.get("CXX", "").split()[:1] or ["c++"]
        if shutil.which(compiler[0]) is None and shutil.which("g++") is None:
            raise SetupError(f"no C++ compiler: sudo apt install g++ make, {AGAIN}")
        machine = os.uname()
        if self.ros.distro is None and (machine.sysname, machine.machine) != ("Linux", "x86_64"):
            raise SetupError(
                f"the ROS 2 wheels exist for x86-64 Linux only and this is {machine.machine} {machine.sysname}: "
                "install ROS 2 Humble or newer, source its setup.bash, then run `make setup` again"
            )
        if self.ros.distro is not None and shutil.which("colcon") is None:
            raise SetupError(f"colcon is missing: sudo apt install python3-colcon-common-extensions, {AGAIN}")

    def _check_disk(self) -> None:
        """Refuse a disk that is too full for any torch, and warn of one too full for the CUDA build."""
        free_gb = shutil.disk_usage(self.root).free / 1e9
        if free_gb < NEEDED_GB:
            raise SetupError(
                f"{free_gb:.1f} GB of disk are free and about {NEEDED_GB:.0f} are needed, {CUDA_NEEDED_GB:.0f} with "
                f"the CUDA build of torch: free some space, {AGAIN}"
            )
        if free_gb < CUDA_NEEDED_GB and "torch" not in dict(self.ros.kept):
            command.show(
                f"setup: warning: {free_gb:.1f} GB of disk are free; enough for the CPU build of torch, but the CUDA "
                f"build needs about {CUDA_NEEDED_GB:.0f}"
            )

    def model_is_missing(self) -> bool:
        """Return whether a model file of the manifest is absent or has another hash than it says."""
        manifest = self.root / "models" / "manifest.json"
        try:
            models = json.loads(manifest.read_text("utf-8"))["models"]
            return any(
                hashlib.sha256((manifest.parent / model["file"]).read_bytes()).hexdigest() != model["sha256"]
                for model in models
            )
        except FileNotFoundError:
            return True
        except (ValueError, KeyError, TypeError) as error:
            raise SetupError(f"models/manifest.json is damaged ({error}): git checkout models/manifest.json") from error

    def convert_model(self) -> None:
        """Write models/*.safetensors from the published weights."""
        self._run([self.venv / "bin" / "utrack", "convert", "efficientnet-lite0", "--out", self.root / "models"])
        if self.model_is_missing():
            raise SetupError(
                "a model in models/ is missing or has another hash than models/manifest.json says: "
                f"git checkout models; see {self.log}"
            )

    def link_package(self) -> None:
        """Make the prefix install/utrack_ros, in which `ros2 run` and `ros2 launch` find the package.

        Its folders are real and its files are links: `ros2 launch` does not look into linked folders.
        """
        prefix, share = self.root / "install" / "utrack_ros", Path("share") / "utrack_ros"
        links = {Path("share/ament_index/resource_index/packages/utrack_ros"): self.root / "resource" / "utrack_ros"}
        links |= {Path("lib/utrack_ros") / name: self.venv / "bin" / name for name in EXECUTABLES}
        links |= {share / "package.xml": self.root / "package.xml", share / "models": self.root / "models"}
        for folder in ("launch", "config"):
            links |= {share / folder / file.name: file for file in (self.root / folder).glob("*.*")}
        present = {link.relative_to(prefix): link.readlink() for link in prefix.rglob("*") if link.is_symlink()}
        if present == links:
            return
        shutil.rmtree(prefix, ignore_errors=True)
        for name, target in links.items():
            (prefix / name).parent.mkdir(parents=True, exist_ok=True)
            (prefix / name).symlink_to(target)

    def write_env(self) -> None:
        """Write env.sh, if its text changes."""
        wanted = envfile.text(self.root, self.venv, self._lib(), self.ros.distro)
        path = self.root / "env.sh"
        if not path.is_file() or path.read_text("utf-8") != wanted:
            partial = path.with_suffix(".sh.part")
            partial.write_text(wanted, "utf-8")
            partial.replace(path)

    def _make_venv(self) -> None:
        if self.venv.exists():
            if not (self.venv / "pyvenv.cfg").is_file() and any(self.venv.iterdir()):
                raise SetupError(f"{self.venv} is there and is no virtual environment: move it away, {AGAIN}")
            shutil.rmtree(self.venv)
        options = ["--system-site-packages"] if self.ros.distro else []
        self._run([self.ros.python, "-m", "venv", *options, self.venv])

    def _install(self) -> None:
        facts = self._facts()
        for name in wheels.drop_half_installed(Path(facts["purelib"])):
            command.show(f"  removed {name}, left by an interrupted run")
        pins = self.root / "constraints.txt"
        if self.ros.distro:
            pins = self.venv / "constraints.txt"
            pins.write_text(constraints((self.root / "constraints.txt").read_text("utf-8"), self.ros.kept), "utf-8")
        pip: list[str | Path] = [
            self.venv / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--progress-bar",
            "off",
            "-c",
            pins,
        ]
        self._run([*pip, "setuptools", "wheel"])
        ros: list[str | Path] = [] if self.ros.distro else ["-r", self.root / "tools" / "ros-wheels.txt"]
        extras = "dev,eval,train,weights" if self.ros.distro else "dev,eval,train,weights,onnx"
        self._run([*pip, "--no-build-isolation", *ros, "-e", f"{self.root}[{extras}]"])
        if self.ros.distro:
            self._install_engine([*pip, "--no-build-isolation", "-e", f"{self.root}[{extras},onnx]"])
        if not self.ros.distro:
            facts = self._facts()
            wheels.repair_cmake_paths(self.venv / "share", facts["include"], facts["numpy"])

    def _install_engine(self, pip: list[str | Path]) -> None:
        """Add ONNX Runtime where it goes with the numpy of the sourced ROS 2; the tracker also works without."""
        try:
            self._run(pip)
        except SetupError as error:
            command.show(f"setup: warning: no ONNX Runtime here, so the network takes about twice as long: {error}")

    def _build(self) -> None:
        shutil.rmtree(self.root / "build" / "utrack_interfaces", ignore_errors=True)
        shutil.rmtree(self.root / "install" / "utrack_interfaces", ignore_errors=True)
        env = dict(self._env)
        colcon = "colcon"
        python = self.ros.python
        if not self.ros.distro:
            colcon, python = str(self.venv / "bin" / "colcon"), str(self.venv / "bin" / "python")
            env["PATH"] = f"{self.venv / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
            env["AMENT_PREFIX_PATH"] = env["CMAKE_PREFIX_PATH"] = str(self.venv)
            for name in ("COLCON_PREFIX_PATH", "PYTHONPATH", "LD_LIBRARY_PATH"):
                env.pop(name, None)
        folders = ["--base-paths", "utrack_interfaces", "--build-base", "build", "--install-base", "install"]
        shown = ["--event-handlers", "console_direct+", "console_cohesion-"]
        cmake = ["--cmake-args", "-DBUILD_TESTING=OFF", f"-DPython3_EXECUTABLE={shutil.which(python) or python}"]
        self._run([colcon, "--log-base", "log", "build", *folders, *shown, *cmake], env)

    def _facts(self) -> dict[str, str]:
        """Return the virtual environment's folders: include, purelib, numpy (include) and lib."""
        python = self.venv / "bin" / "python"
        result = subprocess.run([python, "-c", _FACTS], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise SetupError(f"{python} does not run: remove {self.venv}, {AGAIN}")
        facts: dict[str, str] = json.loads(result.stdout)
        return facts

    def _underlay(self) -> str:
        """Return the sourced ROS 2's prefixes, without those that env.sh adds; empty with the wheels."""
        prefixes = self._env.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if self.ros.distro else []
        return os.pathsep.join(prefix for prefix in prefixes if not Path(prefix).is_relative_to(self.root))

    def _lib(self) -> str:
        """Return the name of the interpreter's folder under lib/, for example `python3.11`."""
        folders = sorted(path.name for path in (self.venv / "lib").glob("python3.*"))
        if not folders:
            raise SetupError(f"{self.venv} is damaged: remove it, {AGAIN}")
        return folders[0]

    def _run(self, arguments: list[str | Path], env: dict[str, str] | None = None) -> None:
        command.run(arguments, self.log, self._env if env is None else env, self.root)
