"""MFC: coarse cells land on the fine cells that lie on the same pixel."""

import torch

from utrack_ros.network.concat import concat_levels, upsample_cells


def test_fine_cell_on_a_coarse_one_keeps_its_value():
    coarse = torch.randn(2, 3, 4, 5)

    fine = upsample_cells(coarse, 2)

    assert fine.shape == (2, 3, 8, 10)
    torch.testing.assert_close(fine[:, :, ::2, ::2], coarse)


def test_a_plane_stays_a_plane_up_to_the_last_cell():
    row, column = torch.meshgrid(torch.arange(6.0), torch.arange(6.0), indexing="ij")
    fine = upsample_cells((2 * row + 3 * column)[None, None], 4)[0, 0]

    fine_row, fine_column = torch.meshgrid(torch.arange(21.0), torch.arange(21.0), indexing="ij")
    torch.testing.assert_close(fine[:21, :21], (2 * fine_row + 3 * fine_column) / 4)


def test_levels_are_stacked_on_the_finest_grid():
    early, late = torch.randn(1, 2, 8, 8), torch.randn(1, 3, 4, 4)

    stacked = concat_levels([early, late], [8, 16])

    assert stacked.shape == (1, 5, 8, 8)
    torch.testing.assert_close(stacked[:, :2], early)
    torch.testing.assert_close(stacked[:, 2:, ::2, ::2], late)


def test_one_level_is_left_alone():
    level = torch.randn(1, 2, 4, 4)

    torch.testing.assert_close(concat_levels([level], [16]), level)
