# SPDX-License-Identifier: MIT
"""Tests with files whose content claims more than their size: each must end in one line, within the limits of memory
and time of tests/export/limited.py. See test_export.py on how to run the tests.
"""

from __future__ import annotations

import io
import random
import struct
import sys
import unittest
import zipfile
from pathlib import Path
from typing import Any, Callable, List

sys.path.insert(0, str(Path(__file__).resolve().parent))

from export_case import SHARED, ExportCase  # noqa: E402
from limited import run_limited  # noqa: E402
from make_checkpoint import Modules, Network, checkpoint, make, module  # noqa: E402
from torchlike import Call, Global, Raw, TorchPickle, save  # noqa: E402

HOSTILE = Path(SHARED) / "cases" / "hostile"
needs_hostile = unittest.skipUnless(SHARED and HOSTILE.is_dir(), "no hostile checkpoints: pass SHARED=DIR")


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def archive(pickle: bytes, *members: Any) -> bytes:
    """Returns a checkpoint of a pickle and (name, bytes) members, deflated."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in (("data.pkl", pickle), *members):
            made.writestr(f"archive/{name}", data)
    return file.getvalue()


def network(build: Callable[[Network, Modules], int]) -> bytes:
    """Returns a network between a convolution and a head. `build` returns the channels that the head reads."""
    net, m = Network(), Modules(1)
    net.add(m.conv(3, 8, 3, 2))
    channels = build(net, m)
    net.add(m.detect([channels], [2], 1, 1), [-1])
    return save(checkpoint(net.model(m, 1)))


class BoundsCase(ExportCase):
    def refuse(self, *files: bytes) -> None:
        """Checks that every file is refused within the limits."""
        for number, (status, error) in enumerate(run_limited(files)):
            self.assertEqual(status, 2, f"file {number}: {error}")
            self.assertRegex(error, r"\Aexport: [^\n]+\n\Z")
            self.assertLess(len(error), 1500)

    def survive(self, *files: bytes) -> None:
        """Checks that every file is exported or refused within the limits."""
        for number, (status, error) in enumerate(run_limited(files)):
            self.assertIn((status, error.count("\n")), ((0, 0), (2, 1)), f"file {number}: {error}")


class Pickles(BoundsCase):
    def test_copies_of_a_long_list(self) -> None:
        """A file of 1 KB that claims gigabytes."""
        items = b"]q\0(" + b"K\1" * 400000 + b"e"
        calls = (b"ctorch\nSize\n", b"cbuiltins\nset\n", b"cbuiltins\nlist\n", b"cbuiltins\ntuple\n",
                 b"ccollections\ndeque\n")
        self.refuse(*(archive(b"\x80\x02" + items + call + b"q\1" + b"h\1h\0\x85R" * 10000 + b".") for call in calls))
        pairs = b"](" + b"K\1K\2\x86" * 200000 + b"eq\0"
        self.refuse(archive(b"\x80\x02" + pairs + b"ccollections\nOrderedDict\nq\1" + b"h\1h\0\x85R" * 10000 + b"."))
        large = b"V" + b"x" * (1 << 23) + b"\nq\0V" + b"latin1\nq\1c_codecs\nencode\nq\2"
        self.refuse(archive(b"\x80\x02" + large + b"h\2h\0h\1\x86R" * 10000 + b"."))

    def test_more_objects_than_a_checkpoint_has(self) -> None:
        self.refuse(*(archive(b"\x80\x02" + opcodes * ((15 << 20) // len(opcodes)) + b".")
                      for opcodes in (b"}", b"]", b"(", b")", b"N", b"K\1", b"]q\0" + b"2", b"cmodels.x\nY\n)\x81")))

    def test_nesting(self) -> None:
        self.refuse(*(archive(b"\x80\x02" + nested + b".") for nested in (
            b"]" * 900000 + b"a" * 899999, b")" + b"\x85" * 1900000, b"}" + b"K\1}" * 600000 + b"s" * 600000)))

    def test_a_list_in_itself_and_objects_of_exponential_size(self) -> None:
        laughs = b"]q\0" + b"(h\0h\0h\0e" + b"".join(b"]q" + bytes([i]) + b"(" + (b"h" + bytes([i - 1])) * 9 + b"e"
                                                     for i in range(1, 99))
        self.refuse(*(archive(b"\x80\x02}" + text(key) + laughs + b"s.")
                      for key in ("names", "save", "model", "ema", "yaml")))
        files = []
        for attribute in ("f", "i", "stride", "kernel_size", "padding_mode", "eps", "save", "names", "_modules",
                          "forward"):
            net, m = Network(), Modules(1)
            net.add(m.conv(3, 8, 3, 2))
            net.add(m.detect([8], [2], 1, 1), [-1])
            model = net.model(m, 1)
            for part in (model, *net.layers, net.layers[0].state["_modules"]["conv"],
                         net.layers[0].state["_modules"]["bn"]):
                if attribute in part.state or attribute == "forward":
                    part.state[attribute] = Raw(laughs)
            files.append(save(checkpoint(model)))
        self.refuse(*files)

    def test_integers(self) -> None:
        digits = b"9" * 5_000_000
        for number in (b"L" + digits + b"L\n", b"I" + digits + b"\n",
                       b"\x8b" + struct.pack("<I", 1 << 20) + b"\xff" * (1 << 20),
                       b"p" + digits + b"\n", b"g" + digits + b"\n", b"F" + digits + b"\n",
                       b"F" + b"1e" + digits + b"\n"):
            self.refuse(archive(b"\x80\x02" + number + b"."))
        for count in (255, 200, 100):  # within the limit, where messages print them
            value = b"\x8a" + bytes([count]) + b"\x7f" * count
            net, m = Network(), Modules(1)
            net.add(m.conv(3, 8, 3, 2))
            net.add(m.detect([8], [2], 1, 1), [-1])
            for part, key in ((net.layers[0].state["_modules"]["conv"], "groups"), (net.layers[0], "i"),
                              (net.layers[1], "nc")):
                kept = part.state[key]
                part.state[key] = Raw(value)
                self.refuse(save(checkpoint(net.model(m, 1))))
                part.state[key] = kept

    def test_keys_that_share_a_hash(self) -> None:
        items = b"".join(b"\x8a\x3c" + ((i + 1) * ((1 << 61) - 1)).to_bytes(60, "little") + b"N" for i in range(120000))
        self.refuse(archive(b"\x80\x02}(" + items + b"u."))

    def test_long_names(self) -> None:
        long = "x" * (1 << 22)
        self.refuse(archive(b"\x80\x02c" + long.encode() + b"\ny\n."),
                    archive(b"\x80\x02cmodels." + long.encode() + b"\ny\n."),
                    archive(b"\x80\x02" + text(long) + text(long) + b"\x93."))
        child = b"cmodels.common\nConv\n)\x81q\0" + text(long) + b"q\1"
        names = b"}(" + text("_modules") + b"}(" + b"".join(text(str(i)) + b"h\0" for i in range(9)) + b"h\1h\0uu"
        self.refuse(archive(b"\x80\x02" + child + b"cmodels.yolo\nModel\n)\x81" + names + b"b."))

    def test_shapes(self) -> None:
        for shape, strides in (((1 << 30, 1 << 30), (0, 0)), ((1,) * 200000, (1,) * 200000), ((216,), (0,)),
                               ((1 << 62,), (1 << 62,)),
                               (Raw(b"\x8a\x20" + b"\x7f" * 32 + b"\x85"), (1,)), ((-1,), (1,)), ((), ())):
            net, m = Network(), Modules(1)
            net.add(m.conv(3, 8, 3, 2))
            net.add(m.detect([8], [2], 1, 1), [-1])
            tensor = Call(Global("torch._utils", "_rebuild_tensor_v2"),
                          Raw(b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\xd8tQ"), 0, shape,
                          strides, False)
            net.layers[0].state["_modules"]["bn"].state["_parameters"]["weight"] = tensor
            self.refuse(save(checkpoint(net.model(m, 1))))


class Archives(BoundsCase):
    def test_members_that_inflate(self) -> None:
        pickle = TorchPickle()
        pickle.put(checkpoint(Network().model(Modules(1), 1)))
        self.refuse(archive(b"\x80\x02" + b"N" * (64 << 20) + b"."),
                    archive(bytes(pickle.out) + b".", ("byteorder", bytes(64 << 20))))

    def test_large_layers_of_deflated_zeros(self) -> None:
        """Few bytes, many elements: each within a limit, together far beyond it."""
        def build(net: Network, m: Modules) -> int:
            for _ in range(30):
                net.add(m.conv(8, 8))
            return 8
        with zipfile.ZipFile(io.BytesIO(network(build))) as made:
            content = made.read("archive/data.pkl")
            members = [(name[len("archive/"):], made.read(name))
                       for name in made.namelist() if name != "archive/data.pkl"]
        changed = content.replace(b"FloatStorage", b"ByteStorage")
        for _ in range(2):
            self.refuse(archive(changed, *[(name, bytes(40 << 20)) for name,
                                           _ in members if name.startswith("data/")][:20]))

    def test_many_members(self) -> None:
        entry = b"PK\1\2" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12) + b"x"
        body = entry * 200000
        end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 65535, 65535, len(body), 0, 0)
        self.refuse(body + end)

    def test_one_member_by_many_names(self) -> None:
        """A central directory whose entries all point to one member."""
        data = make("e")
        with zipfile.ZipFile(io.BytesIO(data)) as made:
            first = made.infolist()[1]
            for info in made.infolist()[1:]:
                info.header_offset, info.CRC, info.file_size, info.compress_size = (
                    first.header_offset, first.CRC, first.file_size, first.compress_size)
        self.survive(data)


class Networks(BoundsCase):
    def test_modules_that_share_their_children(self) -> None:
        def build(net: Network, m: Modules) -> int:
            opcodes = TorchPickle()
            opcodes.put(m.sequential())
            state = bytes(opcodes.out)[2:] + b"q\0"
            for level in range(1, 31):
                opcodes = TorchPickle()
                child = Raw(b"h" + bytes([level - 1]))
                opcodes.put(module("torch.nn.modules.container.Sequential", {"0": child, "1": child}))
                state += bytes(opcodes.out)[2:].replace(b"r\0\0\0\0", b"") + b"q" + bytes([level])
            inner = Raw(state.replace(b"r\0\0\0\0", b""))
            net.add(module("torch.nn.modules.container.Sequential", {"0": inner}))
            return 8
        self.refuse(network(build))

    def test_a_module_in_itself(self) -> None:
        def build(net: Network, m: Modules) -> int:
            inner = m.sequential()
            inner.state["_modules"] = {str(i): Raw(b"j" + struct.pack("<I", 0)) for i in range(9)}
            net.add(inner)
            return 8
        self.refuse(network(build))

    def test_joins_that_multiply_channels(self) -> None:
        def build(net: Network, m: Modules) -> int:
            for _ in range(40):
                net.add(m.concat(), [-1] * 8)
            return 8
        self.refuse(network(build))

    def test_layers_that_read_many_layers(self) -> None:
        def build(net: Network, m: Modules) -> int:
            shared = Raw(b"](" + b"J\xff\xff\xff\xff" * 100000 + b"eq\7")
            for source in [shared] + [Raw(b"h\7")] * 400:
                net.add(m.concat())
                net.layers[-1].state["f"] = source
            return 8
        self.refuse(network(build))

    def test_plans_that_take_many_attempts(self) -> None:
        for channels in (8, 32):
            def build(net: Network, m: Modules) -> int:
                net.add(m.conv(8, channels))
                for _ in range(200):
                    net.add(m.concat(), [-1, 1])
                    net.add(m.max_pool(3, 1))
                    net.add(m.conv(2 * channels, channels))
                return channels
            self.survive(network(build))

    def test_long_stages(self) -> None:
        def build(half: int, blocks: int) -> Callable[[Network, Modules], int]:
            def stage(net: Network, m: Modules) -> int:
                net.add(m.conv(8, 2 * half))
                for _ in range(blocks):
                    branch = m.sequential(m.conv2d(half, half, bias=True))
                    net.add(module("models.common.Shuffle_Block", {"branch1": m.sequential(), "branch2": branch},
                                   stride=1))
                return 2 * half
            return stage
        self.survive(network(build(8, 150)), network(build(64, 100)), network(build(3, 30)))

    def test_wide_empty_stages(self) -> None:
        def build(net: Network, m: Modules) -> int:
            net.add(m.concat(), [-1] * 64)
            for _ in range(60):
                net.add(module("models.common.Shuffle_Block", {"branch1": m.sequential(), "branch2": m.sequential()},
                               stride=1))
            net.add(m.max_pool(3, 1))
            return 512
        self.survive(network(build))


@needs_hostile
class Hostile(BoundsCase):
    def test_the_files_themselves(self) -> None:
        found: List[Path] = sorted(HOSTILE.glob("*.pt"))
        self.assertTrue(found)
        self.refuse(*(path.read_bytes() for path in found))


class Fuzz(BoundsCase):
    """Mutations of a good pickle: opcodes and arguments changed, cut, repeated and exchanged."""

    def mutated(self, content: bytes, random_numbers: random.Random) -> bytes:
        data = bytearray(content)
        for _ in range(random_numbers.choice((1, 1, 2, 4, 16))):
            at = random_numbers.randrange(len(data))
            size = random_numbers.choice((1, 2, 4, 30, 300))
            kind = random_numbers.randrange(5)
            if kind == 0:
                data[at] = random_numbers.randrange(256)
            elif kind == 1:
                del data[at:at + size]
            elif kind == 2:
                other = random_numbers.randrange(len(data))
                data[at:at] = data[other:other + size]
            elif kind == 3:
                data[at:at + 1] = random_numbers.choice((b"(", b"R", b"b", b"u", b"e", b"t", b"\x81", b"0", b"2", b"}",
                                                         b"]", b"h\0", b"Q",
                                                         b"J\xff\xff\xff\x7f", b"\x8a\x09" + b"\xff" * 8 + b"\x7f",
                                                         b"N", b"\x88"))
            else:
                data[at:at + 4] = random_numbers.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f",
                                                         b"\0\0\0\x80"))
            if not data:
                data += b"."
        return bytes(data)

    def test_mutated_pickles(self) -> None:
        numbers = random.Random(14)
        net, m = Network(), Modules(2)
        net.add(m.stem(3, 8))
        net.add(m.shuffle_block(8, 8, 1))
        net.add(m.sppf(8, 8))
        net.add(m.detect_v6([8], [4], 2, 1), [-1])
        data = save(checkpoint(net.model(m, 2)))
        with zipfile.ZipFile(io.BytesIO(data)) as made:
            content = made.read("archive/data.pkl")
            rest = [(name[len("archive/"):], made.read(name)) for name in made.namelist() if name != "archive/data.pkl"]
        self.survive(*(archive(self.mutated(content, numbers), *rest) for _ in range(400)))

    def test_mutated_archives(self) -> None:
        numbers = random.Random(15)
        net, m = Network(), Modules(2)
        net.add(m.conv(3, 4, 3, 2))
        net.add(m.detect([4], [2], 1, 1), [-1])
        data = save(checkpoint(net.model(m, 1)))
        self.survive(*(self.mutated(data, numbers) for _ in range(200)))


if __name__ == "__main__":
    unittest.main()
