"""Times, sizes and node lists are read in every form that SLURM prints."""

import pytest

from mojo.cluster.formats import expand_nodes, format_memory, format_time, indices, parse_gpus, parse_memory, parse_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90 * 60),
        ("1:30", 90),
        ("01:30:00", 5400),
        ("2-0", 2 * 86400),
        ("1-12:30", 86400 + 12 * 3600 + 30 * 60),
        ("7-00:00:10", 7 * 86400 + 10),
        ("UNLIMITED", None),
        ("infinite", None),
        ("NONE", None),
    ],
)
def test_times_are_read_in_every_form(text: str, seconds: int | None):
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["soon", "1h", "-5", "1:2:3:4", "1-2-3", "1.5"])
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a time of SLURM: write minutes, HH:MM:SS or D-HH:MM:SS"):
        parse_time(text)


@pytest.mark.parametrize("seconds", [0, 59, 60, 3600, 86399, 86400, 30 * 86400 + 1])
def test_a_written_time_is_read_back(seconds: int):
    assert parse_time(format_time(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "megabytes"),
    [
        ("500", 500),
        ("1500M", 1500),
        ("2.5G", 2560),
        ("1T", 1024 * 1024),
        ("512K", 1),  # rounded up
        ("0", 0),
        ("4Gn", 4096),
        ("2000Mc", 2000),
        ("8gb", 8192),
        ("UNLIMITED", None),
    ],
)
def test_sizes_are_read_in_every_form(text: str, megabytes: int | None):
    assert parse_memory(text) == megabytes


@pytest.mark.parametrize("text", ["much", "-1G", "1X", "1,5G", "G"])
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(ValueError, match=r"is not a size of SLURM: write 1500M, 2\.5G or 1T"):
        parse_memory(text)


@pytest.mark.parametrize(
    ("megabytes", "text"), [(1500, "1500M"), (2048, "2G"), (2560, "2560M"), (3 << 20, "3T"), (0, "0M")]
)
def test_a_written_size_is_whole_and_is_read_back(megabytes: int, text: str):
    assert format_memory(megabytes) == text
    assert parse_memory(text) == megabytes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("c[1-3,7]", ["c1", "c2", "c3", "c7"]),
        ("gpu[08-11]", ["gpu08", "gpu09", "gpu10", "gpu11"]),
        ("login,c[1-2],d01", ["login", "c1", "c2", "d01"]),
        ("r[1-2]n[01-02]", ["r1n01", "r1n02", "r2n01", "r2n02"]),
        ("r[1,3]-ib", ["r1-ib", "r3-ib"]),
        ("n1", ["n1"]),
        ("(null)", []),
        ("", []),
    ],
)
def test_node_lists_are_expanded_as_scontrol_does(text: str, names: list[str]):
    assert expand_nodes(text) == names


def test_an_open_bracket_is_refused():
    with pytest.raises(ValueError, match=r"is not a list of nodes: write c\[1-3,7\]"):
        expand_nodes("c[1-3")


def test_indices_are_written_as_ranges():
    assert indices([0, 1, 2, 3, 7, 9, 10]) == "0-3,7,9-10"


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("gpu:2", {"": 2}),
        ("gpu", {"": 1}),
        ("gpu:a100:4(S:0-1)", {"a100": 4}),
        ("gpu:A100:2(S:0),gpu:a100:2(S:1),gpu:1g.10gb:7,shard:a100:8", {"a100": 4, "1g.10gb": 7}),
        ("(null)", {}),
        ("", {}),
    ],
)
def test_gpus_of_a_node_are_counted_by_type(text: str, gpus: dict[str, int]):
    assert parse_gpus(text) == gpus
