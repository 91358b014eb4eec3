"""`utrack train backbone` on four drawn classes: it learns, and a kill changes nothing."""

import json
import signal

import pytest
import torch
import yaml
from drawn_imagenet import CLASSES, write_imagenet
from safetensors.torch import load_file

from utrack_ros.core.errors import ConfigError, DataError, ModelError
from utrack_ros.network.checkpoint import find_model, load_weights
from utrack_ros.network.seresnet18 import SEResNet18
from utrack_ros.training.backbone_run import run_backbone
from utrack_ros.training.backbone_task import BackboneLoss, BackboneTask
from utrack_ros.training.config import BackboneConfig, make_settings, read_config
from utrack_ros.training.journal import read_journal
from utrack_ros.training.loop_config import LoopConfig
from utrack_ros.training.pictures import Gallery, ValidationPictures

STEPS = 30
TIMEOUT_S = 300
SETTINGS = {
    "crop_px": 64,
    "least_area": 0.5,
    "batch": 12,
    "workers": 0,
    "loop": {
        "steps": STEPS,
        "optimizer": "sgd",
        "rate": 0.02,
        "warmup": 5,
        "weight_decay": 1e-4,
        "schedule": "cosine",
        "average": 0.9,
        "validate_every": STEPS,
        "save_every": 8,
    },
}


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory):
    return write_imagenet(tmp_path_factory.mktemp("imagenet"))


@pytest.fixture(scope="module")
def run(tmp_path_factory, imagenet):
    """The folder of an unbroken run."""
    out = tmp_path_factory.mktemp("run")
    run_backbone(make_settings(BackboneConfig, SETTINGS, "here"), imagenet, out, lambda _: None, lambda _: None)
    return out


def test_loss_falls_and_classes_are_told_apart(run):
    rows = read_journal(run)
    assert rows[-1]["step"] == STEPS
    assert rows[-1]["loss"] < 0.7 * 1.386  # log 4 is chance
    assert rows[-1]["top1"] > 0.6  # 0.25 is chance
    assert rows[-1]["top5"] == 1.0  # of four classes
    assert (run / "curves.png").stat().st_size > 0


def test_model_file_holds_the_backbone_and_the_head_stays_beside_it(run):
    path, entry = find_model(run / "model.safetensors")
    network = SEResNet18(("layer3", "layer4"))
    load_weights(path, entry.sha256, network)
    assert entry.architecture == "seresnet18"
    assert set(load_file(path)) == {name for name in network.state_dict() if not name.endswith("num_batches_tracked")}
    assert load_file(run / "head.safetensors")["weight"].shape == (4, 512)
    assert (run / "classes.txt").read_text().split() == list(CLASSES)


@pytest.mark.slow
def test_killed_run_goes_on_to_the_same_weights(run, imagenet, tmp_path, start, wait_until):
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({**SETTINGS, "workers": 2}))
    command = ["-m", "utrack_ros.cli", "train", "backbone", "--config", str(tmp_path / "config.yaml")]
    command += ["--data", str(imagenet), "--out", str(tmp_path / "out")]
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    broken = start(*command, env=threads)
    wait_until(lambda: list((tmp_path / "out").glob("snapshot-*[0-9]")) or broken.process.poll() is not None, TIMEOUT_S)
    broken.interrupt(signal.SIGKILL)
    assert broken.wait(TIMEOUT_S) == -signal.SIGKILL, broken.output
    assert not (tmp_path / "out/model.safetensors").exists()

    resumed = start(*command, env=threads)
    assert resumed.wait(TIMEOUT_S) == 0, resumed.output

    for name in ("model.safetensors", "head.safetensors"):
        assert (tmp_path / "out" / name).read_bytes() == (run / name).read_bytes(), name
    assert read_journal(tmp_path / "out")[-1]["top1"] == read_journal(run)[-1]["top1"]


@pytest.mark.slow
def test_two_processes_stopped_and_started_again_give_the_same_weights(imagenet, tmp_path, start):
    loop = {**SETTINGS["loop"], "steps": 4, "validate_every": 4, "save_every": 2}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({**SETTINGS, "crop_px": 32, "batch": 8, "loop": loop}))

    def train(out, *more):
        command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "utrack_ros.cli"]
        command += ["train", "backbone", "--config", str(tmp_path / "config.yaml"), "--data", str(imagenet)]
        child = start(*command, "--out", str(tmp_path / out), *more, env={"CUDA_VISIBLE_DEVICES": ""})
        assert child.wait(TIMEOUT_S) == 0, child.output
        return (tmp_path / out / "model.safetensors").read_bytes()

    halfway = train("broken", "--max-steps", "2")
    assert halfway != train("broken") == train("whole")


def test_run_with_another_batch_is_not_gone_on_with(run, imagenet):
    other = make_settings(BackboneConfig, {**SETTINGS, "batch": 16}, "here")
    with pytest.raises(ModelError, match=r"task\.batch was 12 and is 16"):
        run_backbone(other, imagenet, run, lambda _: None, lambda _: None)


def test_shipped_settings_are_those_of_the_paper(request):
    config = read_config(request.config.rootpath / "config/train_backbone.yaml", BackboneConfig)
    loop = config.loop
    assert loop.steps == 90 * 1000
    assert config.batch * 1000 == pytest.approx(1_281_167, rel=0.002)
    assert loop.rate_at(5_000) == pytest.approx(0.5)
    assert loop.rate_at(0) == pytest.approx(0.5 / 5000)
    assert loop.rate_at(30_000) == pytest.approx(0.05)
    assert loop.rate_at(89_999) == pytest.approx(0.005)


def test_half_precision_step_moves_the_weights():
    torch.manual_seed(0)
    module = BackboneLoss(SEResNet18(), 4)
    with torch.autocast("cpu", torch.bfloat16):
        loss = module(torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8), torch.tensor([0, 3]))
    loss.backward()
    assert loss.dtype == torch.float32
    assert float(module.backbone.stem.conv.weight.grad.abs().max()) > 0


def test_accuracies_are_counted_by_hand(tmp_path):
    root = write_imagenet(tmp_path, train=1, val=1)
    files = [(path, label) for label, path in enumerate(sorted((root / "val").glob("*/*")))]
    files += [(files[0][0], 6)]  # class 6 of 8: scored second to last
    module = BackboneLoss(SEResNet18(), 8)
    order = torch.tensor([7.0, 6, 5, 4, 3, 2, 1, 0])
    module.scores = lambda pixels: order.expand(len(pixels), 8)
    found = BackboneTask(module, None, ValidationPictures(Gallery(files, root), 32)).validate()
    assert found["top1"] == pytest.approx(1 / 5)
    assert found["top5"] == pytest.approx(4 / 5)
    logs = torch.log_softmax(order, 0)
    assert found["validation_loss"] == pytest.approx(-float(logs[[0, 1, 2, 3, 6]].mean()), rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "efficientnet_lite0"}, "seresnet18 or resnet18"),
        ({"crop": 64}, "crop"),
        ({"least_area": 0.0}, "least_area above 0"),
        ({"crop_px": 16}, "crop_px of at least 32"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path, imagenet, changes, message):
    def begin():
        config = make_settings(BackboneConfig, {**SETTINGS, **changes}, "here")
        run_backbone(config, imagenet, tmp_path / "out", lambda _: None, lambda _: None)

    with pytest.raises(ConfigError, match=message):
        begin()


def test_batch_that_the_processes_cannot_share_is_refused(tmp_path, imagenet, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "5")
    with pytest.raises(ConfigError, match=r"a batch that 5 processes can share.*but got 12"):
        run_backbone(make_settings(BackboneConfig, SETTINGS, "here"), imagenet, tmp_path, print, print)


def test_validation_set_of_other_classes_is_refused(tmp_path):
    root = write_imagenet(tmp_path, train=1, val=1)
    (root / "val/n04").rename(root / "val/n05")
    with pytest.raises(DataError, match="n04, n05 in one of them"):
        run_backbone(make_settings(BackboneConfig, SETTINGS, "here"), root, tmp_path / "out", print, print)


@pytest.mark.parametrize("changes", [{"optimizer": "lamb"}, {"schedule": "linear"}, {"precision": "int8"}])
def test_unknown_choice_is_refused(changes):
    with pytest.raises(ConfigError, match=f"loop.{next(iter(changes))}: "):
        LoopConfig(steps=10, **changes)


def test_snapshots_from_before_the_younger_settings_still_fit():
    facts = json.loads(json.dumps(LoopConfig(steps=10).facts()))
    assert not {"optimizer", "decay", "decay_every"} & set(facts)
    assert LoopConfig(steps=10, optimizer="sgd").facts() == {**facts, "optimizer": "sgd"}


def test_default_decay_is_the_papers():
    loop = LoopConfig(steps=50_000, rate=1.0, warmup=0)
    assert [loop.rate_at(step) for step in (0, 14_999, 15_000, 30_000, 45_000)] == pytest.approx(
        [1, 1, 0.2, 0.04, 0.008]
    )
