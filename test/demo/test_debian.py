"""Fetching a file out of a package, with doubles of apt-get and dpkg-deb on the PATH."""

import gzip
import hashlib
import io
import os
import shutil
import tarfile

import pytest

from utrack_ros.demo import debian
from utrack_ros.demo.errors import FetchError

CONTENT = bytes(range(256)) * 400
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FOLDER = "./usr/share/doc/opencv-doc/examples/data"


def package(path, **members):
    """Write what `dpkg-deb --fsys-tarfile` would give: a tar file."""
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(f"{FOLDER}/{name.replace('_', '.')}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A folder of fake tools, alone on the PATH; apt-get notes its calls and runs the body given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cp", "cat", "touch", "sleep"):
        (folder / name).symlink_to(shutil.which(name))

    def put(name, body):
        script = folder / name
        script.write_text(f'#!{folder}/sh\necho "$@" >> {tmp_path}/{name}.calls\n{body}\n')
        script.chmod(0o755)

    put("dpkg-deb", 'cat "$2"')
    monkeypatch.setenv("PATH", str(folder))
    return put


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / "clip.avi"


def calls(tmp_path, name="apt-get"):
    path = tmp_path / f"{name}.calls"
    return path.read_text().splitlines() if path.exists() else []


def gives(tmp_path, **members):
    return f"cp {package(tmp_path / 'made.tar', **members)} opencv-doc_1_all.deb"


@pytest.mark.parametrize(
    "members",
    [{"clip_avi": CONTENT}, {"other_avi": b"x", "clip_avi_gz": gzip.compress(CONTENT), "later_avi": b"y"}],
    ids=["plain", "gz"],
)
def test_file_is_taken_out_and_kept(tools, tmp_path, target, members):
    tools("apt-get", gives(tmp_path, **members))
    assert debian.fetch_file("opencv-doc", "clip.avi", SHA256, target) == target
    assert target.read_bytes() == CONTENT
    assert os.listdir(target.parent) == ["clip.avi"]  # neither package nor parts stay
    assert debian.fetch_file("opencv-doc", "clip.avi", SHA256, target) == target
    assert len(calls(tmp_path)) == 1  # the second time came from the cache


def test_damaged_cache_is_fetched_anew(tools, tmp_path, target):
    tools("apt-get", gives(tmp_path, clip_avi=CONTENT))
    target.parent.mkdir()
    target.write_bytes(CONTENT[:-1])
    debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)
    assert target.read_bytes() == CONTENT


def test_other_file_than_promised_is_refused_and_not_kept(tools, tmp_path, target):
    tools("apt-get", gives(tmp_path, clip_avi=CONTENT + b"!"))
    with pytest.raises(FetchError, match=f"SHA-256 {SHA256[:12]}"):
        debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)
    assert not target.exists()


def test_empty_package_lists_are_fetched_into_the_cache(tools, tmp_path, target):
    give = gives(tmp_path, clip_avi=CONTENT)
    tools(
        "apt-get",
        f"""case "$*" in
        *update) touch {tmp_path}/updated;;
        *Dir::State::lists={target.parent}/apt/lists*download*) {give};;
        *) echo 'E: Unable to locate package opencv-doc' >&2; exit 100;;
        esac""",
    )
    debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)
    assert (tmp_path / "updated").exists()
    assert [line.split()[-2:] for line in calls(tmp_path)][::2] == [["download", "opencv-doc"]] * 2
    assert os.listdir(target.parent) == ["clip.avi"]


def test_reason_of_apt_is_passed_on(tools, tmp_path, target):
    tools("apt-get", "echo 'W: old lists' >&2; echo 'E: Could not resolve deb.debian.org' >&2; exit 100")
    with pytest.raises(FetchError, match=r"E: Could not resolve deb\.debian\.org"):
        debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)


def test_apt_that_hangs_is_ended(tools, tmp_path, target, monkeypatch):
    monkeypatch.setattr(debian, "DOWNLOAD_TIMEOUT_S", 0.3)
    monkeypatch.setattr(debian, "UPDATE_TIMEOUT_S", 0.3)
    tools("apt-get", "exec sleep 60")
    with pytest.raises(FetchError, match=r"no end of apt-get update within 0\.3 s"):
        debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)


@pytest.mark.parametrize(
    ("members", "said"), [({"other_avi": b"x"}, "a package without it"), ({}, "a package without it")]
)
def test_package_without_the_file(tools, tmp_path, target, members, said):
    tools("apt-get", gives(tmp_path, **members))
    with pytest.raises(FetchError, match=said):
        debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)


def test_broken_package(tools, tmp_path, target):
    tools("apt-get", "echo nonsense > opencv-doc_1_all.deb")
    with pytest.raises(FetchError, match="readable package"):
        debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)
    assert not target.exists()


def test_package_that_breaks_off_leaves_no_half_file(tools, tmp_path, target):
    whole = package(tmp_path / "made.tar", clip_avi=CONTENT)
    (tmp_path / "half.tar").write_bytes(whole.read_bytes()[:40_000])
    tools("apt-get", f"cp {tmp_path}/half.tar opencv-doc_1_all.deb")
    with pytest.raises(FetchError):
        debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)
    assert not target.exists()


def test_system_without_apt(tmp_path, target, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="apt-get, to fetch the package"):
        debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)


def test_cache_that_cannot_be_written(tools, tmp_path, target):
    target.parent.write_text("a file where the folder should be")
    with pytest.raises(FetchError, match=r"clip\.avi"):
        debian.fetch_file("opencv-doc", "clip.avi", SHA256, target)
