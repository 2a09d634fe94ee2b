"""`python -m bench.encryption [--cases N]`: what encrypting payloads costs, by the payload and by the case.

By the case: two whole stacks run side by side and take turns, one with a key and one without.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import timeit
from collections.abc import Mapping
from random import Random

from temporalio.converter import DataConverter, WorkflowSerializationContext

from bench.latency import Contender
from bench.processor_time import PARTS, spent
from bench.report import machine, ratio, say, table
from bench.stage import new_world, run, running, touchless_orders
from runtime.encryption.conversion import data_converter
from runtime.encryption.keyring import Keyring, new_key
from sandbox.stack import Stack

_SIZES = (300, 2_000, 10_000, 100_000)
_ROUNDS, _TIMES = 5, 300
_WARM_UP = 3
_TOGETHER = 3
_WORKER = "worker-1"


def payloads() -> None:
    """To a payload and back, with and without the codec: the best of some rounds in turn."""
    context = WorkflowSerializationContext("default", "order-exception/acme/SO-1001")
    plain = data_converter(None).with_context(context)
    sealed = data_converter(Keyring.parse(new_key("bench"))).with_context(context)
    rows = [_row(size, plain, sealed) for size in _SIZES]
    say(table(("bytes of JSON", "plain, us", "encrypted, us", "ratio", "more bytes"), rows))


def _row(size: int, plain: DataConverter, sealed: DataConverter) -> list[str]:
    value = _value(size)

    async def there_and_back(converter: DataConverter) -> None:
        for _ in range(_TIMES):
            await converter.decode(await converter.encode([value]))

    def microseconds(converter: DataConverter) -> float:
        return timeit.timeit(lambda: asyncio.run(there_and_back(converter)), number=1) / _TIMES * 1e6

    rounds = [(microseconds(plain), microseconds(sealed)) for _ in range(_ROUNDS)]
    before, after = (min(times) for times in zip(*rounds, strict=True))
    bytes_plain, bytes_sealed = (asyncio.run(converter.encode([value]))[0].ByteSize() for converter in (plain, sealed))
    added = str(bytes_sealed - bytes_plain)
    return [str(len(json.dumps(value))), f"{before:.0f}", f"{after:.0f}", ratio(after, before), added]


def _value(size: int) -> list[dict[str, str]]:
    """Something like the facts of a case, of about `size` bytes as JSON."""
    random = Random(size)  # noqa: S311 - a sample, not a secret
    record = {"item": "PUMP-104", "site": "EAST", "on_hand": "12", "note": "x" * 40}
    count = max(1, size // len(json.dumps(record)))
    return [record | {"on_hand": str(random.randrange(1000))} for _ in range(count)]


async def cases(count: int) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Processor time of each part for `count` touchless cases, without and with a key."""
    world = new_world()
    orders = touchless_orders(world, count + _WARM_UP)
    batches = [orders[start : start + _TOGETHER] for start in range(_WARM_UP, len(orders), _TOGETHER)]
    async with running(world) as plain, running(world, encryption=new_key("bench")) as sealed:
        contenders = [(stack, await Contender.of(stack)) for stack in (plain, sealed)]
        for _, contender in contenders:
            await contender.clear(orders[:_WARM_UP])
        before = [spent(stack, _WORKER) for stack, _ in contenders]
        for number, batch in enumerate(batches):
            for _, contender in contenders if number % 2 else reversed(contenders):
                await contender.clear(batch)
        first, second = (_since(stack, start) for (stack, _), start in zip(contenders, before, strict=True))
    return first, second


def _since(stack: Stack, start: Mapping[str, float]) -> Mapping[str, float]:
    return {part: seconds - start[part] for part, seconds in spent(stack, _WORKER).items()}


def report(count: int, plain: Mapping[str, float], sealed: Mapping[str, float]) -> None:
    """By part of the stack, in milliseconds a case."""
    rows = [
        [
            part,
            f"{plain[part] / count * 1000:.0f}",
            f"{sealed[part] / count * 1000:.0f}",
            ratio(sealed[part], plain[part]),
        ]
        for part in PARTS
    ]
    say("")
    say(table((f"{count} cases", "plain, ms a case", "encrypted, ms a case", "ratio"), rows))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.encryption", description=__doc__)
    parser.add_argument("--cases", type=int, default=24, help="orders for each stack; 0: payloads alone")
    arguments = parser.parse_args()
    say(machine())
    payloads()
    if arguments.cases:
        report(arguments.cases, *run(cases(arguments.cases)))


if __name__ == "__main__":
    main()
