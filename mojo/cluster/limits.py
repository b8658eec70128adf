"""What a partition allows, against what a batch asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mojo.cluster import commands
from mojo.cluster.commands import ClusterError
from mojo.cluster.formats import expand_nodes, format_memory, format_time, parse_gpus, parse_memory, parse_time
from mojo.cluster.request import Request
from mojo.cluster.texts import read_config, read_records
from mojo.errors import unknown


@dataclass(frozen=True)
class Node:
    """A node's cores, memory [MB] and GPUs of each type, those without one under ""."""

    name: str
    cpus: int
    memory: int
    gpus: Mapping[str, int] = field(default_factory=dict)

    def gpus_for(self, asked: str) -> int:
        """Return how many GPUs it has for what is asked, as '2' or 'a100:2'."""
        kind, _ = _asked_gpus(asked)
        return self.gpus.get(kind, 0) if kind else sum(self.gpus.values())


@dataclass(frozen=True)
class Limits:
    """What a partition allows.

    Attributes:
        partition: Its name.
        is_up: Whether it starts jobs.
        time: Most seconds of a job, or None.
        memory: Most MB of a job on one node, or None.
        nodes: Its nodes.
        max_array_size: One more than the largest index of an array's task, for the whole cluster.
    """

    partition: str
    is_up: bool
    time: int | None
    memory: int | None
    nodes: tuple[Node, ...]
    max_array_size: int

    @property
    def most_memory(self) -> int | None:
        """The most that a batch can get [MB]."""
        largest = max((node.memory for node in self.nodes), default=None)
        return min((size for size in (self.memory, largest) if size is not None), default=None)

    @property
    def most_cpus(self) -> int:
        return max((node.cpus for node in self.nodes), default=0)

    def most_gpus(self, asked: str) -> int:
        """Return the most GPUs of one node, of the type that is asked."""
        return max((node.gpus_for(asked) for node in self.nodes), default=0)

    def problems(self, request: Request) -> list[str]:
        """Return why a batch could never run here, each with what is asked and what is allowed."""
        found = [] if self.is_up else [f"partition {self.partition} does not start jobs now (State is not UP)"]
        if self.time is not None and (request.time is None or request.time > self.time):
            asked = "no limit" if request.time is None else format_time(request.time)
            found.append(f"time: {asked} is asked, and partition {self.partition} allows {format_time(self.time)}")
        if self.most_memory is not None and (request.memory or 0) > self.most_memory:
            asked, most = format_memory(request.memory or 0), format_memory(self.most_memory)
            found.append(f"memory: {asked} is asked, and a job in partition {self.partition} gets at most {most}")
        if self.nodes and request.cpus > self.most_cpus:
            found.append(
                f"cpus: {request.cpus} are asked, and the largest node of partition {self.partition} has "
                f"{self.most_cpus}"
            )
        if request.gpus and self.nodes and _asked_gpus(request.gpus)[1] > self.most_gpus(request.gpus):
            found.append(
                f"gpus: {request.gpus} is asked, and the largest node of partition {self.partition} has "
                f"{self.most_gpus(request.gpus)} of them"
            )
        fitting = [node for node in self.nodes if _fits(request, node)]
        if self.nodes and not found and not fitting:
            found.append(f"no node of partition {self.partition} has all of what is asked: cpus, memory, gpus")
        if self.max_array_size < 2:
            found.append(f"arrays of jobs are switched off on this cluster (MaxArraySize is {self.max_array_size})")
        return found

    def lines(self, request: Request) -> list[str]:
        """Return the limits and the request beside each other, for people."""
        smallest = min(self.nodes, key=lambda node: (node.memory, node.cpus), default=None)
        room = f"{smallest.cpus} cpus, {format_memory(smallest.memory)} on its smallest node" if smallest else "no node"
        fitting = sum(_fits(request, node) for node in self.nodes)
        most = format_memory(self.most_memory) if self.most_memory is not None else "no limit"
        gpus = [f"gpus: {request.gpus} of at most {self.most_gpus(request.gpus)}"] if request.gpus else []
        return [
            f"partition {self.partition}: {len(self.nodes)} nodes, {room}; a batch fits on {fitting} of them",
            f"time: {_time(request.time)} of at most {_time(self.time)}",
            f"memory: {format_memory(request.memory) if request.memory else 'a whole node'} of at most {most}",
            f"cpus: {request.cpus} of at most {self.most_cpus}",
            *gpus,
            f"MaxArraySize: {self.max_array_size}, so the largest index of a task is {self.max_array_size - 1}",
        ]


def _time(seconds: int | None) -> str:
    return "no limit" if seconds is None else format_time(seconds)


def _asked_gpus(asked: str) -> tuple[str, int]:
    """Return type and number of GPUs in '2', 'a100' or 'a100:2'; the type is "" where any will do."""
    return next(iter(parse_gpus(f"gpu:{asked}").items()))


def _fits(request: Request, node: Node) -> bool:
    has_gpus = request.gpus is None or _asked_gpus(request.gpus)[1] <= node.gpus_for(request.gpus)
    return has_gpus and request.cpus <= node.cpus and (request.memory or 0) <= node.memory


def find_limits(partition: str | None) -> Limits:
    """Return the limits of a partition, as SLURM tells them now.

    Args:
        partition: Its name, the first of several with commas between, or None for the cluster's default.

    Raises:
        ClusterError: There is no such partition, or SLURM does not answer.
    """
    partitions = commands.run("scontrol", "--oneliner", "--all", "show", "partition")
    nodes = commands.run("scontrol", "--oneliner", "--all", "show", "node")
    return limits_from(partition, partitions, nodes, commands.run("scontrol", "show", "config"))


def limits_from(partition: str | None, partitions: str, nodes: str, config: str) -> Limits:
    """Return the limits of a partition from what scontrol prints of partitions, nodes and the configuration."""
    known = {record["PartitionName"]: record for record in read_records(partitions)}
    name = partition.split(",")[0] if partition else _default(known)
    if name not in known:
        raise ClusterError(unknown("Partition", name, known, owner="the cluster"))
    record = known[name]
    members = set(expand_nodes(record.get("Nodes", "")))
    own = [node for node in read_records(nodes) if node["NodeName"] in members]
    return Limits(
        partition=name,
        is_up=record.get("State", "UP") == "UP",
        time=parse_time(record.get("MaxTime", "")),
        memory=parse_memory(record.get("MaxMemPerNode", "")),
        nodes=tuple(_node(record) for record in own),
        max_array_size=int(read_config(config).get("MaxArraySize", "1001")),
    )


def _node(record: Mapping[str, str]) -> Node:
    gpus = parse_gpus(record.get("Gres", ""))
    return Node(record["NodeName"], int(record["CPUTot"]), int(record["RealMemory"]), gpus)


def _default(known: dict[str, dict[str, str]]) -> str:
    for name, record in known.items():
        if record.get("Default") == "YES":
            return name
    raise ClusterError(f"The cluster has no default partition: name one of {', '.join(known)} (key partition).")
