"""The same tasks on a Ray cluster of two nodes on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from eval_fakes import write_benchmark, write_sequence

from utrack_ros.core.errors import ConfigError
from utrack_ros.evaluation.runner import RunOptions, run_benchmark

TRACKER = "python:eval_fakes:brightest"


def test_without_ray_the_error_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    root = write_benchmark(tmp_path / "data", (5,))

    with pytest.raises(ConfigError, match="pip install ray"):
        run_benchmark("plain", root, TRACKER, tmp_path, RunOptions(ray="auto"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two nodes of one core each; skipped where Ray is missing."""
    pytest.importorskip("ray", reason="needs Ray: pip install ray")
    from ray.cluster_utils import Cluster

    tests = Path(__file__).parents[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(tests), str(tests.parent)]))
        patch.setenv("NODES_FOLDER", str(tmp_path_factory.mktemp("nodes")))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        node = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
        made = Cluster(initialize_head=True, head_node_args=node)
        made.add_node(num_cpus=1, object_store_memory=100 << 20)
        made.wait_for_nodes()
        yield made
        made.shutdown()


@pytest.mark.slow
def test_a_cluster_of_two_nodes_gives_the_same_files_as_this_machine(cluster, tmp_path):
    root = write_benchmark(tmp_path / "data", (30, 12, 8, 10, 9, 11))
    (root / "s1" / "img" / "0005.png").write_bytes(b"damaged")
    here = run_benchmark("plain", root, TRACKER, tmp_path / "here")

    there = run_benchmark("plain", root, TRACKER, tmp_path / "there", RunOptions(ray=cluster.address))

    assert (there.done, there.problems) == (5, here.problems)
    for path in here.folder.glob("*.txt"):
        if not path.name.endswith("_time.txt"):
            assert (there.folder / path.name).read_bytes() == path.read_bytes()
    again = run_benchmark("plain", root, TRACKER, tmp_path / "there", RunOptions(ray=cluster.address))
    assert (again.done, again.skipped) == (0, 5)


@pytest.mark.slow
def test_both_nodes_work(cluster, tmp_path):
    root = write_benchmark(tmp_path / "data", (12,) * 4)

    report = run_benchmark("plain", root, "python:eval_fakes:telling", tmp_path, RunOptions(ray=cluster.address))

    assert report.problems == []
    nodes = {path.name for path in Path(os.environ["NODES_FOLDER"]).iterdir()}
    assert nodes == {node.node_id for node in cluster.list_all_nodes()}


@pytest.mark.slow
def test_a_crash_on_a_node_costs_one_sequence(cluster, tmp_path):
    root = write_benchmark(tmp_path / "data")
    write_sequence(root / "deadly", 3, 20, colour=True)

    report = run_benchmark("plain", root, "python:eval_fakes:crashing", tmp_path, RunOptions(ray=cluster.address))

    assert report.done == 3
    assert [problem.partition(":")[0] for problem in report.problems] == ["deadly"]


@pytest.mark.slow
def test_no_cluster_at_the_address_is_an_error_of_ours(cluster, tmp_path):
    root = write_benchmark(tmp_path / "data", (5,))

    with pytest.raises(ConfigError, match="ray start --head"):
        run_benchmark("plain", root, TRACKER, tmp_path, RunOptions(ray="127.0.0.1:1"))
