"""Take one file out of a Debian package, without root and without installing anything."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

from .errors import FetchError

DOWNLOAD_TIMEOUT_S = 600.0
UPDATE_TIMEOUT_S = 180.0
UNPACK_TIMEOUT_S = 180.0
STALL_TIMEOUT_S = 20
"""Silence of a mirror after which apt tries again or gives up."""

MAX_FILE_BYTES = 1 << 30


def fetch_file(package: str, name: str, sha256: str, target: Path) -> Path:
    """Return the file, from the cache at `target` or from the package.

    Args:
        package: Debian package.
        name: name of the file in it, without folders; it may be compressed there, as name.gz.
        sha256: what the uncompressed file must hash to.
        target: where to keep the file.

    Raises:
        FetchError: no apt, no network, no such package or file, no space, or another file than promised.
    """
    if target.is_file() and hash_of(target) == sha256:
        return target
    folder = target.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        deb = _download(package, folder)
        _unpack(deb, name, target)
        deb.unlink()
    except OSError as error:
        raise FetchError(f"to keep {name} at {target}", str(error), "Check the folder and the free space.") from error
    found = hash_of(target)
    if found != sha256:
        target.unlink()
        raise FetchError(f"{name} with SHA-256 {sha256[:12]}...", f"{found[:12]}... in this release's {package}")
    return target


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _download(package: str, folder: Path) -> Path:
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise FetchError(f"{tool}, to fetch the package {package}", "a system without it")
    for old in folder.glob(f"{package}_*.deb"):
        old.unlink()
    why = _apt(["download", package], folder, DOWNLOAD_TIMEOUT_S)
    if why:  # a machine whose package lists are empty: fetch lists into the folder, which needs no root
        own = _private_lists(folder / "apt")
        why = _apt([*own, "-o", "APT::Update::Error-Mode=any", "update"], folder, UPDATE_TIMEOUT_S) or why
        _apt([*own, "download", package], folder, DOWNLOAD_TIMEOUT_S)
        shutil.rmtree(folder / "apt", ignore_errors=True)
    debs = list(folder.glob(f"{package}_*.deb"))
    if not debs:
        raise FetchError(f"the package {package} from the system's archive", why or "nothing")
    return debs[0]


def _private_lists(folder: Path) -> list[str]:
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    return ["-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache"]


def _apt(arguments: list[str], folder: Path, timeout_s: float) -> str:
    """Run apt-get in the folder; return why it failed, empty when it did not."""
    options = [f"Acquire::{kind}::Timeout={STALL_TIMEOUT_S}" for kind in ("http", "https")] + ["Acquire::Retries=1"]
    command = ["apt-get", "--quiet", *(part for option in options for part in ("-o", option)), *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end of apt-get {arguments[-1]} within {timeout_s:g} s"
    errors = [line for line in done.stderr.splitlines() if line.startswith("E:")]
    return "" if done.returncode == 0 else (errors[-1] if errors else f"status {done.returncode} of apt-get")


def _unpack(deb: Path, name: str, target: Path) -> None:
    """Write the file of this name in the package to the target, whole or not at all."""
    part = target.with_name(target.name + ".part")
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as process:  # noqa: S607
        guard = threading.Timer(UNPACK_TIMEOUT_S, process.kill)
        guard.start()
        try:
            found = _copy_member(process, name, part)
        except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
            raise FetchError(f"a readable package {deb.name}", str(error) or "a broken one") from error
        finally:
            guard.cancel()
            process.kill()
    if not found:
        raise FetchError(f"{name} in the package {deb.name}", "a package without it")
    part.replace(target)


def _copy_member(process: subprocess.Popen[bytes], name: str, part: Path) -> bool:
    with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
        for member in archive:
            base = member.name.rsplit("/", 1)[-1]
            if not member.isfile() or base not in (name, f"{name}.gz") or member.size > MAX_FILE_BYTES:
                continue
            data = archive.extractfile(member)
            if data is None:
                continue
            with part.open("wb") as file, gzip.open(data) if base.endswith(".gz") else data as plain:
                shutil.copyfileobj(plain, file)
            return True
    return False
