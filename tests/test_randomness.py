"""Addresses of random numbers, which no two names share."""

import zlib

import numpy as np

from mojo.randomness import generator


def test_names_that_share_a_crc_share_no_numbers():
    assert zlib.crc32(b"plumless") == zlib.crc32(b"buckeroo")
    assert generator(1, 2, "plumless").random() != generator(1, 2, "buckeroo").random()


def test_every_part_of_an_address_counts():
    addresses = [(7, 3, "mass"), (8, 3, "mass"), (7, 4, "mass"), (7, 3, "size"), (7, 3, "mass", "simulate")]
    addresses += [(7, 3, "", "mass"), (7, 3, "mass", "")]
    assert len({generator(*address).random() for address in addresses}) == len(addresses)
    assert generator(7, 3, "mass").random() == generator(7, 3, "mass").random()


def test_names_that_run_into_each_other_are_told_apart():
    assert generator(1, 2, "b", "a").random() != generator(1, 2, "", "ab").random()
    assert generator(1, 2, 'b", "c', "a").random() != generator(1, 2, "c", 'a", "b').random()


def test_many_addresses_draw_as_one_generator_would():
    # 10,000 uniform numbers: the mean is 1/2 within 5·sqrt(1/12/10000), neighbours are uncorrelated within 5/sqrt(n)
    first, second = (
        np.array([generator(3, trial, name).random() for trial in range(100) for name in names])
        for names in ([f"a{n}" for n in range(100)], [f"b{n}" for n in range(100)])
    )
    assert abs(first.mean() - 0.5) < 5 * np.sqrt(1 / 12 / first.size)
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(first.size)
    assert np.unique([first, second]).size == 2 * first.size
