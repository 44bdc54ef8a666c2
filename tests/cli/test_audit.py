# SPDX-License-Identifier: MIT
"""Tests of `v5lite audit`: report, dump and comparison."""

import io
import json
import re
import struct
import subprocess
import sys
import unittest
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np  # noqa: E402

from audit_case import AuditTest  # noqa: E402
from program import ROOT, SIZE, make_model  # noqa: E402


class Plan(AuditTest):
    def test_plan_has_every_op_and_adds_up(self):
        audit = self.audit()
        info = json.loads(self.succeed("info", self.model, "--size", SIZE, "--format", "json"))
        self.assertEqual([op["op"] for op in audit["ops"]], list(range(info["op_count"])))
        self.assertEqual(audit["totals"]["macs"], info["macs"])
        self.assertEqual(audit["totals"]["parameters"], info["parameters"])
        for key in ("macs", "parameters", "bytes_read", "bytes_written"):
            self.assertEqual(audit["totals"][key], sum(op[key] for op in audit["ops"]))
        for op in audit["ops"]:
            self.assertEqual(op["view"], op["function"] == "view")
            self.assertEqual(sum(s["count"] for s in op["reads"]), op["in"][2])
            if not op["view"]:
                self.assertEqual(sum(s["count"] for s in op["writes"]), op["out"][2])
                self.assertLess(op["arena_offset"], audit["memory"]["arena"])
            self.assertLessEqual(op["first_op"], op["last_op"])

    def test_text_has_a_line_an_op(self):
        lines = self.succeed("audit", self.model, "--size", SIZE).splitlines()
        ops = self.audit()["ops"]
        for line, op in zip(lines[3:], ops):
            self.assertEqual(line.split()[:2], [str(op["op"]), op["name"]])
        weighted = [op for op in ops if "weights" in op]
        table = lines[lines.index("sources") - 1 - len(weighted):]
        for line, op in zip(table, weighted):
            cells = line.split()
            self.assertEqual(cells[:2] + [cells[5], cells[11]],
                             [str(op["op"]), op["name"], op["weights"]["crc32"], op["bias"]["crc32"]])

    def test_dump_holds_every_op_and_the_heads(self):
        ops = self.audit("--image", self.png, "--dump", "dump")["ops"]
        names = [f"dump/{op['op']:03}_{re.sub('[^A-Za-z0-9.-]', '_', op['name'])}.npy" for op in ops]
        heads = [f"dump/head_s{stride}.npy" for stride in (8, 16, 32)]
        self.assertEqual(self.files(), sorted(names + heads + ["dump/input.npy"]))
        letterboxed = np.load(self.directory / "dump/input.npy")
        self.assertEqual((letterboxed.shape, letterboxed.dtype), ((64, 64, 3), np.uint8))
        self.assertEqual((letterboxed[0, 0].tolist(), letterboxed[32].tolist() == [[114] * 3] * 64), ([114] * 3, False))
        for name, op in zip(names, ops):
            array = np.load(self.directory / name)
            self.assertEqual((list(array.shape), array.dtype, array.flags.c_contiguous), (op["out"], np.float32, True))
            self.assertTrue(np.isfinite(array).all())
        detects = [names[op["op"]] for op in ops if op["kind"] == "detect"]
        for head, name, stride in zip(heads, detects, (8, 16, 32)):
            array = np.load(self.directory / head)
            self.assertEqual(array.shape, (64 // stride, 64 // stride, 3 * (5 + len(self.NAMES))))
            np.testing.assert_array_equal(array, np.load(self.directory / name))

    def test_literal_form_has_the_same_heads(self):
        literal = self.inputs / "literal.v5l"
        make_model(literal, self.NAMES, "--literal")
        self.succeed("audit", self.model, "--size", SIZE, "--image", self.png, "--dump", "planned")
        self.succeed("audit", literal, "--size", SIZE, "--image", self.png, "--dump", "literal")
        for stride in (8, 16, 32):
            planned, plain = (np.load(self.directory / form / f"head_s{stride}.npy") for form in ("planned", "literal"))
            np.testing.assert_allclose(planned, plain, atol=1e-3)

    def test_weights_are_those_of_the_file(self):
        data = self.model.read_bytes()
        with_weights = 0
        for op in self.audit()["ops"]:
            self.assertEqual(op["kind"] in ("conv", "dwconv", "detect"), "weights" in op)
            for label in ("weights", "bias") if "weights" in op else ():
                stored = op[label]
                raw = data[stored["offset"]:stored["offset"] + 4 * stored["count"]]
                self.assertEqual(f"{zlib.crc32(raw):08x}", stored["crc32"])
                values = np.frombuffer(raw, "<f4")
                if op["kind"] != "dwconv" and len(op["writes"]) == 1:  # panels of 8, the last padded with zeros
                    panels = values.reshape(-1, stored["count"] // op["bias"]["count"], 8).swapaxes(1, 2)
                    values = panels.reshape(op["bias"]["count"], -1)[:op["out"][2]]
                elif op["kind"] != "dwconv":
                    values = values[values != 0]
                np.testing.assert_array_equal(np.float32([stored["min"], stored["max"]]), [values.min(), values.max()])
                with_weights += 1
        self.assertGreater(with_weights, 20)

    def test_transformed_weights_have_the_range_of_their_channels(self):
        """Checks the 16 layers of FORMAT.md, WINOGRAD: panels of 8 outputs, the last one padded with zeros."""
        model = self.directory / "w.v5l"
        self.checkpoint(model.with_suffix(".pt"))
        subprocess.run([sys.executable, str(ROOT / "tools/export.py"), str(model.with_suffix(".pt")), "-o", str(model),
                        "--layout",
                        "winograd", "--size", "128"], check=True, stdout=subprocess.DEVNULL)
        data, checked = bytearray(model.read_bytes()), 0
        for op in self.audit(model=model)["ops"]:
            if op.get("winograd"):  # gemm does the work, and the function says that it is Winograd's
                self.assertTrue(op["function"].startswith("v5l_gemm_"), op["function"])
                self.assertEqual(op["run_by"], "v5l_winograd_run")
            if op.get("winograd") and len(op["writes"]) == 1 and op["out"][2] % 8:
                at, count, panels = op["weights"]["offset"], op["weights"]["count"], op["bias"]["count"] // 8
                values = np.frombuffer(data, "<f4", count, at).reshape(16, panels, -1, 8)
                values = values.swapaxes(2, 3).reshape(16, 8 * panels, -1)
                self.assertFalse(values[:, op["out"][2]:].any())
                real = np.abs(values[:, :op["out"][2]]) + 1  # so that only padding is zero
                values = np.concatenate([real, values[:, op["out"][2]:]], 1).reshape(16, panels, 8, -1).swapaxes(2, 3)
                data[at:at + 4 * count] = values.astype("<f4").tobytes()
                checked += 1
        self.assertGreater(checked, 0)
        for op in self.audit(model=self.write_model(data))["ops"]:
            if op.get("winograd") and len(op["writes"]) == 1 and op["out"][2] % 8:
                self.assertGreaterEqual(op["weights"]["min"], 1)

    @staticmethod
    def checkpoint(path):
        sys.path.insert(0, str(ROOT / "tests" / "export"))
        import make_checkpoint
        path.write_bytes(make_checkpoint.make("g", width=36))

    def test_padding_is_not_in_the_range(self):
        """The exporter pads to 8 channels with zeros: the range of biases of 2 and 3 must not include 0."""
        data = bytearray(self.model.read_bytes())
        op = next(op for op in self.audit()["ops"] if op["kind"] == "conv" and op["out"][2] % 8
                  and len(op["writes"]) == 1)
        for channel in range(op["out"][2]):
            struct.pack_into("<f", data, op["bias"]["offset"] + 4 * channel, 2 + channel % 2)
        changed = self.write_model(data)
        bias = self.audit(model=changed)["ops"][op["op"]]["bias"]
        self.assertEqual((bias["min"], bias["max"]), (2, 3))
        self.assertNotEqual(bias["crc32"], op["bias"]["crc32"])

    def test_functions_are_in_the_sources_that_are_named(self):
        literal = self.inputs / "sources.v5l"
        make_model(literal, self.NAMES, "--literal")
        named = set()
        for model in (self.model, literal):
            for op in self.audit(model=model)["ops"]:
                if op["view"]:
                    self.assertEqual((op["run_by"], op["run_by_file"], op["function_file"]), ("view", "", ""))
                    continue
                named |= {(op["run_by"], op["run_by_file"]), (op["function"], op["function_file"])}
        self.assertGreater(len(named), 10)
        for function, file in named:
            source = (ROOT / file).read_text()
            if function not in source:  # defined by an included file from a prefix
                self.assertRegex(source, r"#include \".*\.inc\"", (function, file))
            self.assertIn("src/ops/" if function.endswith("_run") else "src/kernels/", file)


class Comparison(AuditTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.literal = cls.inputs / "literal.v5l"
        make_model(cls.literal, cls.NAMES, "--literal")

    def setUp(self):
        super().setUp()
        self.ops = self.audit("--image", self.png, "--dump", "dump")["ops"]
        dump = self.directory / "dump"
        self.arrays = {op["name"]: np.load(next(dump.glob(f"{op['op']:03}_*"))) for op in self.ops}

    def compare(self, reference, *arguments, status=0, model=None):
        return self.audit("--image", self.png, "--against", reference, *arguments, status=status,
                          model=model)["comparison"]

    def save(self, arrays, deflate=True):
        (np.savez_compressed if deflate else np.savez)(self.directory / "r.npz", **arrays)
        return "r.npz"

    def test_a_dump_equals_itself_and_the_other_form_is_near(self):
        for model, limit in ((self.model, 0), (self.literal, 1e-4)):
            c = self.compare("dump", model=model)
            self.assertTrue(c["passes"])
            self.assertEqual((c["ops_without_reference"], c["arrays_without_op"]), ([], []))
            self.assertEqual(len(c["arrays"]), len(self.ops) + 3 + 1)  # heads and picture
            self.assertEqual(c["arrays"][0]["array"], "input")
            self.assertLessEqual(max(a["max_error"] for a in c["arrays"]), limit)

    def test_archives_of_either_kind_layout_and_type(self):
        for deflate in (False, True):
            for change in (lambda x: x, lambda x: x.transpose(2, 0, 1), lambda x: x.transpose(2, 0, 1)[None],
                           np.float64, np.float16):
                c = self.compare(self.save({name: np.ascontiguousarray(change(x)) for name, x in self.arrays.items()},
                                           deflate))
                self.assertTrue(c["passes"], c["verdict"])
                self.assertEqual(len(c["arrays"]), len(self.ops))

    def test_float16_is_forgiven_its_rounding_alone(self):
        name = "model.1"
        halves = (self.arrays[name] * 1000).astype(np.float16)  # rounded by up to 0.25 at 1000
        exact = {name: halves.astype(np.float64) / 1000}
        self.assertTrue(self.compare(self.save(exact), "--tolerance", "0.001")["passes"])
        self.assertFalse(self.compare(self.save(exact), "--tolerance", "0", "--relative", "0", status=1)["passes"])
        rounded = {name: self.arrays[name].astype(np.float16)}
        self.assertTrue(self.compare(self.save(rounded), "--tolerance", "0", "--relative", "0")["passes"])
        rounded[name].ravel()[7] += np.float16(0.01)
        self.assertFalse(self.compare(self.save(rounded), "--tolerance", "0", "--relative", "0", status=1)["passes"])

    def test_modules_and_heads_have_their_last_ops_output(self):
        last = {op["name"].split(".")[1]: op["name"] for op in self.ops if op["kind"] != "detect"}
        arrays = {f"layer{int(number):02}": self.arrays[name] for number, name in last.items()}
        arrays.update({f"s{64 // op['out'][0]}": self.arrays[op["name"]] for op in self.ops if op["kind"] == "detect"})
        arrays["model.1.branch2"] = self.arrays["model.1.branch2.5"]
        c = self.compare(self.save(arrays))
        self.assertTrue(c["passes"])
        self.assertEqual(sorted(a["array"] for a in c["arrays"]), sorted(arrays))
        self.assertEqual({a["name"] for a in c["arrays"]},
                         {*last.values(), "model.1.branch2.5",
                          *(op["name"] for op in self.ops if op["kind"] == "detect")})
        self.assertEqual(len(c["ops_without_reference"]), len(self.ops) - len({a["op"] for a in c["arrays"]}))

    def test_what_has_no_partner_is_named(self):
        arrays = {"model.1": self.arrays["model.1"], "model.1.branch2.1": self.arrays["model.1"],
                  "model.99": np.zeros(3)}
        c = self.compare(self.save(arrays))
        self.assertEqual(sorted(c["arrays_without_op"]), ["model.1.branch2.1", "model.99"])
        self.assertEqual(len(c["ops_without_reference"]), len(self.ops) - 1)
        text = self.succeed("audit", self.model, "--size", SIZE, "--image", self.png, "--against", "r.npz")
        self.assertIn("no op of this name: array model.99", text)
        self.assertIn("not in the reference: model.0.conv.0, ", text)
        self.assertRegex(text.splitlines()[-1], rf"^verdict: OK: 1 of {len(self.ops)} ops compared")

    def test_the_first_op_over_the_tolerance_is_named(self):
        for name, add in (("model.1", 0.01), ("model.2.0.branch2.3", np.nan), ("model.3", np.inf)):
            arrays = {n: x.copy() for n, x in self.arrays.items()}
            arrays[name].ravel()[5] += add
            arrays[self.ops[-1]["name"]] += 0.5
            c = self.compare(self.save(arrays), status=1)
            self.assertRegex(c["verdict"], rf"^FAILED: 2 of {len(self.ops)} ops .* first is {re.escape(name)}, by ")
            self.assertEqual({a["name"]: a["over"] for a in c["arrays"] if not a["passes"] and a["name"] == name},
                             {name: 1})
            self.assertFalse(c["passes"])
        self.assertTrue(self.compare(self.save({"model.1": self.arrays["model.1"] + 0.01}), "--tolerance",
                                     "0.02")["passes"])

    def test_a_changed_weight_is_found(self):
        data = bytearray(self.model.read_bytes())
        op = next(op for op in self.ops if op["name"] == "model.2.0.branch2.3")
        value, = struct.unpack_from("<f", data, op["weights"]["offset"])
        struct.pack_into("<f", data, op["weights"]["offset"], value + 1)
        changed = Plan.write_model(self, data)
        self.assertIn("the first is model.2.0.branch2.3", self.compare("dump", status=1, model=changed)["verdict"])

    def test_other_shapes_and_other_pictures_fail(self):
        c = self.compare(self.save({"model.1": self.arrays["model.1"][:, 1:]}), status=1)
        self.assertIn("the reference of model.1 has another shape, ", c["verdict"])
        picture = np.load(self.directory / "dump/input.npy")
        picture[40, 40, 0] ^= 1
        c = self.compare(self.save({**self.arrays, "input": picture}), status=1)
        self.assertIn("another input picture: 1 of 12288", c["verdict"])
        c = self.compare(self.save({"nothing": picture}), status=1)
        self.assertIn("no array of the reference has the name of an op", c["verdict"])

    def test_broken_references_are_refused(self):
        def numpy_bytes(array: np.ndarray) -> bytes:
            file = io.BytesIO()
            np.save(file, array)
            return file.getvalue()

        def archived(member: bytes) -> bytes:
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("model.1.npy", member)
            return file.getvalue()

        good = io.BytesIO()
        np.savez_compressed(good, **{"model.1": self.arrays["model.1"]})
        good = good.getvalue()
        damaged = bytearray(good)
        damaged[len(good) // 2] ^= 0x55
        bzip2 = io.BytesIO()
        with zipfile.ZipFile(bzip2, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("model.1.npy", b"x" * 500)
        objects = io.BytesIO()
        np.savez(objects, **{"model.1": np.array([{}], object)})
        fortran = io.BytesIO()
        np.savez(fortran, **{"model.1": np.asfortranarray(self.arrays["model.1"])})
        for name, data, says in (("empty", b"", "not an .npz"), ("text", b"no archive" * 9, "not an .npz"),
                                 ("short", good[:-30], ".npz"), ("damaged", bytes(damaged), "model.1: damaged"),
                                 ("bzip2", bzip2.getvalue(), "neither stored nor deflated"),
                                 ("objects", objects.getvalue(), "expected |u1, |i1, <f2"),
                                 ("fortran", fortran.getvalue(), "expected C order"),
                                 ("no array", archived(b"x" * 500), "expected one of numpy.save"),
                                 ("version", archived(b"\x93NUMPY\x04" + bytes(99)), "expected 1 to 3"),
                                 ("header", archived(numpy_bytes(np.zeros((0, 3)))), "expected descr"),
                                 ("cut off", archived(numpy_bytes(np.zeros(9))[:-1]), "expected all numbers"),
                                 ("more", archived(numpy_bytes(np.zeros(9)) + b"x"), "expected one array")):
            (self.directory / name).write_bytes(data)
            done = self.run_program("audit", self.model, "--size", SIZE, "--image", self.png, "--against", name,
                                    "--html", "h.html")
            self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1), (name, done.stderr))
            self.assertIn(says.encode(), done.stderr)
        (self.directory / "none").mkdir()
        for where in ("none", "missing"):
            done = self.run_program("audit", self.model, "--size", SIZE, "--image", self.png, "--against", where)
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (2, 1))
        self.assertFalse((self.directory / "h.html").exists())


if __name__ == "__main__":
    unittest.main()
