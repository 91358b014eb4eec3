"""The solver against a direct solution."""

import pytest
import torch

from utrack_ros.core.conjugate_gradient import ConjugateGradient


def problem(size=12):
    generator = torch.Generator().manual_seed(0)
    root = torch.randn(size, size, generator=generator, dtype=torch.float64)
    return root @ root.T + size * torch.eye(size, dtype=torch.float64), torch.randn(
        size, generator=generator, dtype=torch.float64
    )


@pytest.mark.parametrize("preconditioned", [False, True])
def test_reaches_the_direct_solution_in_as_many_steps_as_unknowns(preconditioned):
    matrix, target = problem()
    solver = ConjugateGradient(lambda x: matrix @ x, target, 1 / matrix.diagonal() if preconditioned else None)
    for _ in range(12):
        solver.step()
    torch.testing.assert_close(solver.solution, torch.linalg.solve(matrix, target), rtol=1e-9, atol=1e-9)


def test_every_step_lowers_the_energy():
    matrix, target = problem()
    solver = ConjugateGradient(lambda x: matrix @ x, target)
    energies = []
    for _ in range(8):
        x = solver.solution
        energies.append(float(0.5 * x @ matrix @ x - target @ x))
        solver.step()
    assert energies == sorted(energies, reverse=True)


def test_nothing_to_solve_stays_at_zero():
    matrix, _ = problem()
    solver = ConjugateGradient(lambda x: matrix @ x, torch.zeros(12, dtype=torch.float64))
    solver.step()
    assert torch.equal(solver.solution, torch.zeros(12, dtype=torch.float64))


def test_single_precision_finds_what_double_does_although_few_eigenvalues_are_huge():
    generator = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(200, 200, generator=generator, dtype=torch.float64)).Q
    sizes = torch.cat([torch.tensor([1e5, 5e4, 2e4]), torch.logspace(0, 2, 197)]).double()
    matrix, target = (basis * sizes) @ basis.T, torch.randn(200, generator=generator, dtype=torch.float64)

    def solved(dtype):
        solver = ConjugateGradient(lambda x: matrix.to(dtype) @ x, target.to(dtype))
        for _ in range(15):
            solver.step()
        return solver.solution.double()

    off = (solved(torch.float32) - solved(torch.float64)).norm() / solved(torch.float64).norm()
    assert off < 1e-3
