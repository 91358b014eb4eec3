"""Each benchmark in its official layout, made small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from utrack_ros.data.attributes import ORDERS
from utrack_ros.data.registry import load_benchmark
from utrack_ros.data.sequence import Sequence

BOX = "10,20,30,40\n"


def images(folder: Path, pattern: str, numbers: range) -> None:
    """Write tiny images whose blue-free red value is their number (they are read as RGB)."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        picture = np.zeros((8, 8, 3), np.uint8)
        picture[..., 2] = number % 200
        _, data = cv2.imencode(".png", picture)
        (folder / f"{pattern % number}.png").write_bytes(data.tobytes())


def text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def flags(benchmark: str, *codes: str) -> str:
    return ",".join("1" if code in codes else "0" for code in ORDERS[benchmark]) + "\n"


def uav123(root: Path, name: str = "UAV123", first: tuple[int, int] = (775, 1573)) -> None:
    images(root / "data_seq" / name / "bird1", "%06d", range(1, first[1] + 2))
    images(root / "data_seq" / name / "car1_s", "%06d", range(1, 4))
    for sequence, count in {"bird1_1": 3, "bird1_2": 4, "bird1_3": 2, "car1_s": 3}.items():
        text(root / "anno" / name / f"{sequence}.txt", BOX * (count - 1) + "NaN,NaN,NaN,NaN")
        text(root / "anno" / name / "att" / f"{sequence}.txt", flags(name, "SV", "SOB"))


def uavdt(root: Path) -> None:
    images(root / "UAV-benchmark-S" / "S0101", "img%06d", range(1, 4))
    text(root / "UAV-benchmark-SOT_v1.0" / "anno" / "S0101_gt.txt", BOX * 3)
    text(root / "UAV-benchmark-SOT_v1.0" / "anno" / "att" / "S0101_att.txt", flags("UAVDT", "CM", "LO"))


def dtb70(root: Path) -> None:
    for name in ("Gull1", "Zebra"):
        images(root / name / "img", "%05d", range(1, 4))
        text(root / name / "groundtruth_rect.txt", BOX * 3)
    text(root / "anno" / "att" / "Gull1.txt", flags("DTB70", "FCM", "MB"))


def visdrone(root: Path) -> None:
    images(root / "sequences" / "uav0000003_00000_s", "img%07d", range(1, 4))
    text(root / "annotations" / "uav0000003_00000_s.txt", BOX * 3)
    text(root / "attributes" / "uav0000003_00000_s_attr.txt", flags("VisDrone-SOT", "ARC", "VC"))


def otb(root: Path) -> None:
    images(root / "David" / "img", "%04d", range(1, 771))
    text(root / "David" / "groundtruth_rect.txt", BOX.replace(",", "\t") * 471)
    for folder in ("Jogging", "Human4"):
        images(root / folder / "img", "%04d", range(1, 4))
        text(root / folder / "groundtruth_rect.1.txt", BOX * 3 if folder == "Jogging" else "")
        text(root / folder / "groundtruth_rect.2.txt", BOX.replace("10", "11") * 3)
    text(root / "anno" / "att" / "David.txt", flags("OTB100", "IV", "LR"))


def vot2018(root: Path) -> None:
    text(root / "list.txt", "ants1\nconduction1\n")
    images(root / "ants1" / "color", "%08d", range(1, 4))
    text(root / "ants1" / "groundtruth.txt", "5,0,10,5,5,10,0,5\n" * 3)
    text(root / "ants1" / "occlusion.tag", "0\n1\n")
    text(root / "ants1" / "camera_motion.label", "0\n0\n0\n")
    text(root / "ants1" / "size_change.tag", "")
    images(root / "conduction1", "%08d", range(1, 3))
    text(root / "conduction1" / "groundtruth.txt", BOX * 2)


def lasot(root: Path) -> None:
    folder = root / "airplane" / "airplane-1"
    images(folder / "img", "%08d", range(1, 5))
    text(folder / "groundtruth.txt", BOX * 4)
    text(folder / "full_occlusion.txt", "0,1,0,0")
    text(folder / "out_of_view.txt", "0,0,0,1")
    text(root / "att" / "airplane-1.txt", flags("LaSOT", "IV", "ARC"))


def got10k(root: Path) -> None:
    folder = root / "val" / "GOT-10k_Val_000001"
    text(root / "val" / "list.txt", "GOT-10k_Val_000001\n")
    images(folder, "%08d", range(1, 4))
    text(folder / "groundtruth.txt", BOX * 3)
    text(folder / "cover.label", "8\n0\n5\n")
    text(folder / "absence.label", "0\n1\n0\n")
    text(folder / "cut_by_image.label", "0\n0\n0\n")
    text(folder / "meta_info.ini", "[METAINFO]\nurl: x\nresolution: (1920, 1080)\n")


def plain(root: Path) -> None:
    images(root / "mine" / "img", "%d", range(1, 12))
    text(root / "mine" / "groundtruth.txt", BOX * 11)
    text(root / "mine" / "groundtruth_2.txt", BOX * 11)
    text(root / "mine" / "groundtruth_notes.txt", "ignored")


MAKERS: dict[str, Callable[[Path], None]] = {
    "UAV123": uav123,
    "UAV123_10fps": lambda root: uav123(root, "UAV123_10fps", (259, 525)),
    "UAVDT": uavdt,
    "DTB70": dtb70,
    "VisDrone-SOT": visdrone,
    "OTB100": otb,
    "VOT2018": vot2018,
    "LaSOT": lasot,
    "GOT-10k": got10k,
    "plain": plain,
}


def load(benchmark: str, root: Path, annotations_only: bool = False) -> dict[str, Sequence]:
    found = load_benchmark(benchmark, root, annotations_only)
    return {sequence.name: sequence for sequence in found.sequences}
