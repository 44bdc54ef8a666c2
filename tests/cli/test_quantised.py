# SPDX-License-Identifier: MIT
"""The commands on int8 networks: types, scales, saturation, dumps, comparisons and statistics."""

import json
import unittest

import numpy as np
import pictures
from quantised import MOVES, WITH_WEIGHTS, QuantisedTest, Replay, interpreter


class Audit(QuantisedTest):
    def audit(self, name, *arguments):
        return json.loads(self.succeed("audit", self.net(name), "--size", self.SIDE, "--format", "json", *arguments))

    def test_raw_dumps_are_integers_and_others_what_these_stand_for(self):
        for name in self.NETS:
            replay = Replay(self.net(name), self.dump(self.net(name), self.png, "--raw"))
            raw, numbers = self.dump(self.net(name), self.png, "--raw"), self.dump(self.net(name), self.png)
            for i, (integers, values) in enumerate(zip(raw[1:], numbers[1:])):
                with self.subTest(net=name, op=i):
                    op = replay.model.ops[i]
                    self.assertEqual(values.dtype, np.float32)
                    is_s8 = replay.type_of(op.a_first if op.flags & 1 else op.out_first) == 3
                    self.assertEqual(integers.dtype, np.int8 if is_s8 else np.float32)
                    order = replay.model.order(op, integers.shape[2])
                    scale, zero = replay.out_scales[i].T
                    want = (integers[:, :, order] - zero) * scale
                    np.testing.assert_allclose(values[:, :, order], want, rtol=1e-6)

    def test_scales_are_those_of_the_file(self):
        for name in self.NETS:
            replay = Replay(self.net(name), self.dump(self.net(name), self.png, "--raw"))
            for i, op in enumerate(self.audit(name)["ops"]):
                with self.subTest(net=name, op=op["name"]):
                    self.assertEqual("scale" in op, replay.begins_at(i))
                    self.assertNotIn("saturation", op)
                    if "scale" in op:
                        self.assertEqual((op["out_type"], op["zero"]),
                                         ("s8", [replay.out_scales[i][:, 1].min(), replay.out_scales[i][:, 1].max()]))
                        np.testing.assert_allclose(op["scale"], [replay.out_scales[i][:, 0].min(),
                                                                 replay.out_scales[i][:, 0].max()], rtol=1e-6)

    def test_saturation_is_counted_in_the_dump(self):
        replay = Replay(self.net("small"), self.dump(self.net("small"), self.png, "--raw"))
        text = self.succeed("audit", self.net("small"), "--size", self.SIDE, "--image", self.png)
        seen = 0
        for i, op in enumerate(self.audit("small", "--image", self.png)["ops"]):
            self.assertEqual("saturation" in op, replay.is_s8(i), op["name"])
            if not replay.is_s8(i):
                continue
            out, zero = replay.outputs[i], replay.out_scales[i][:, 1]
            low, high = int(((out == -128) & (zero != -128)).sum()), int(((out == 127) & (zero != 127)).sum())
            self.assertEqual(op["saturation"], {"values": out.size, "low": low, "high": high})
            if op["kind"] not in ("maxpool", "split", "concat", "shuffle", "upsample"):
                seen += low + high
                self.assertRegex(text, rf"\n *{i}  {op['name']} .* {low} +{high} +[\d.]+ %\n")
        self.assertGreater(seen, 0)

    def test_weights_are_described_by_their_types(self):
        for name in self.NETS:
            model = interpreter.Model(self.net(name).read_bytes())
            for op, record in zip(self.audit(name)["ops"], model.ops):
                if "weights" not in op:
                    continue
                with self.subTest(net=name, op=op["name"]):
                    integers = "s8" in (op["in_type"], op["out_type"])
                    self.assertEqual((op["weights"]["type"], op["bias"]["type"]),
                                     ("s8", "s32") if integers else ("f32", "f32"))
                    weights = np.frombuffer(model.weights, "i1" if integers else "<f4", record.weight_count,
                                            record.weights)
                    self.assertEqual([op["weights"]["min"] < 0, op["weights"]["max"] > 0], [True, True])
                    # Padded outputs have the weight 0.
                    np.testing.assert_allclose([op["weights"]["min"], op["weights"]["max"]],
                                               [weights.min(), weights.max()], rtol=1e-6)

    def test_a_dump_compares_with_itself(self):
        self.dump(self.net("small"), self.png)
        arguments = ("--image", self.png, "--against", "dump")
        report = self.audit("small", *arguments)["comparison"]
        self.assertTrue(report["passes"])
        self.assertEqual({row["rms_error"] for row in report["arrays"]}, {0})
        text = self.succeed("audit", self.net("small"), "--size", self.SIDE, *arguments)
        self.assertIn("scales of int8 outputs", text)

    def test_errors_have_rms_and_signal_to_noise(self):
        numbers = self.dump(self.net("small"), self.png)
        path = next(self.directory.glob("dump/000_*.npy"))
        noise = np.random.default_rng(1).normal(0, 0.01, numbers[1].shape)
        np.save(path, (numbers[1] + noise).astype(np.float32))
        done = self.run_program("audit", self.net("small"), "--size", self.SIDE, "--image", self.png, "--against",
                                "dump", "--format", "json", "--tolerance", "0.001")
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        row = next(r for r in json.loads(done.stdout)["comparison"]["arrays"] if r["op"] == 0)
        reference = np.load(path).astype(float)
        squares = ((numbers[1] - reference) ** 2).mean()
        self.assertAlmostEqual(row["rms_error"], squares ** 0.5, places=7)
        self.assertAlmostEqual(row["snr_db"], 10 * np.log10((reference ** 2).mean() / squares), places=4)

    def test_ops_of_int8_networks_pass_by_their_signal_to_noise(self):
        numbers = self.dump(self.net("small"), self.png)
        path = next(self.directory.glob("dump/000_*.npy"))
        rng = np.random.default_rng(1)
        noise = rng.normal(0, 0.1 * (numbers[1] ** 2).mean() ** 0.5, numbers[1].shape)  # 20 dB
        np.save(path, (numbers[1] + noise).astype(np.float32))
        arguments = ("audit", self.net("small"), "--size", self.SIDE, "--image", self.png, "--against", "dump")
        for options, status in (((), 0), (("--snr", "19"), 0), (("--snr", "21"), 1), (("--tolerance", "0.001"), 1),
                                (("--relative", "1"), 0), (("--relative", "0", "--snr", "15"), 0)):
            with self.subTest(options):
                done = self.run_program(*arguments, *options)
                self.assertEqual((done.returncode, done.stderr), (status, b""))
        self.assertIn(b"within the noise of a ratio of 12 dB", self.run_program(*arguments).stdout.splitlines()[-1])
        self.assertEqual(self.run_program(*arguments, "--snr", "0").returncode, 2)
        np.save(path, np.full_like(numbers[1], np.nan))
        self.assertEqual(self.run_program(*arguments).returncode, 1)

    def test_html_has_the_scales(self):
        self.succeed("audit", self.net("small"), "--size", self.SIDE, "--image", self.png, "--html", "a.html")
        page = (self.directory / "a.html").read_text(encoding="utf-8")
        self.assertIn("<h2>Quantisation</h2>", page)
        self.succeed("audit", self.model, "--size", self.SIDE, "--html", "b.html")
        self.assertNotIn("Quantisation", (self.directory / "b.html").read_text(encoding="utf-8"))

    def test_raw_needs_a_dump_and_an_image_alone_an_int8_network(self):
        for arguments, word in (((self.net("small"), "--raw"), b"--dump"),
                                ((self.model, "--image", self.png), b"--dump")):
            done = self.run_program("audit", *arguments, "--size", self.SIDE)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
            self.assertIn(word, done.stderr)


class Info(QuantisedTest):
    def test_names_types_and_scales(self):
        for name in self.NETS:
            text = self.succeed("info", self.net(name), "--size", self.SIDE)
            info = json.loads(self.succeed("info", self.net(name), "--size", self.SIDE, "--format", "json"))
            audit = json.loads(self.succeed("audit", self.net(name), "--size", self.SIDE, "--format", "json"))["ops"]
            computed = [op for op in audit if not op["view"]]
            keys = ("op", "name", "kind", "in_type", "out_type", "scale", "zero")
            self.assertEqual(info["layers"], [{key: op[key] for key in keys if key in op} for op in computed])
            in_s8 = sum("s8" in (op["in_type"], op["out_type"]) for op in computed)
            self.assertEqual(info["types"], {"s8": in_s8, "f16": 0, "f32": len(computed) - in_s8})
            self.assertIn(f"\ntypes       {in_s8} ops in int8, {len(computed) - in_s8} in float32\n", text)
            for op in computed:
                if "scale" in op:
                    self.assertRegex(text, rf"\n *{op['op']}  {op['name']} +{op['kind']}.*s8 +[\d.e+-]+ +[\d.e+-]+ +"
                                           rf"{op['zero'][0]} +{op['zero'][1]}\n")

    def test_memory_has_types(self):
        report = json.loads(self.succeed("info", self.net("small"), "--size", self.SIDE, "--memory", "--format",
                                         "json"))
        types = {"s8": 1, "u8": 1, "f32": 4}
        tensors = [block for block in report["blocks"] if block["kind"] == "tensor"]
        self.assertEqual({block["type"] for block in tensors if block["bytes"] > 0}, {"s8", "f32"})
        for block in tensors:
            height, width, channels = block["shape"]
            if block["bytes"] > 0 and block["window_rows"] == 0:
                self.assertIn(block["bytes"] - height * width * channels * types[block["type"]], range(64))

    def test_of_a_float_network_has_no_scales(self):
        self.assertNotIn("int8", self.succeed("info", self.model, "--size", self.SIDE))


class Bench(QuantisedTest):
    def test_layers_have_types(self):
        arguments = ("bench", "--model", self.net("small"), "--size", self.SIDE, "--runs", "1", "--warmup", "0",
                     "--layers")
        self.assertRegex(self.succeed(*arguments), r"\n +0  stem +conv +u8->s8 ")
        layers = json.loads(self.succeed(*arguments, "--format", "json"))["layers"]
        self.assertEqual((layers[0]["in_type"], layers[0]["out_type"], layers[-1]["out_type"]), ("u8", "s8", "f32"))
        self.assertGreater(layers[0]["gflops"], 0)


class Calibrate(QuantisedTest):
    def calibrate(self, net, *images):
        self.succeed("calibrate", "--model", net, "--size", self.SIDE, "--out", "s.npz", *images)
        with np.load(self.directory / "s.npz") as archive:
            return dict(archive)

    def replays(self, net):
        other = self.directory / "other.png"
        other.write_bytes(pictures.png([row[::-1] for row in self.rows[:70]], len(self.rows[0]) // 3))
        return [self.png, other], [Replay(net, self.dump(net, image, "--raw")) for image in (self.png, other)]

    def test_statistics_are_exact(self):
        for name in self.NETS:
            images, replays = self.replays(self.net(name))
            got = self.calibrate(self.net(name), *images)
            want = {}
            for i, op in enumerate(replays[0].model.ops):
                if op.flags & 1:
                    continue
                outputs = np.array([r.outputs[i] for r in replays])
                zero_in, zero = replays[0].in_scales[i][:, 1], replays[0].out_scales[i][:, 1]
                want[f"min.{i}"] = outputs.min(axis=(0, 1, 2))
                want[f"max.{i}"] = outputs.max(axis=(0, 1, 2))
                if replays[0].is_s8(i):
                    want[f"low.{i}"] = ((outputs == -128) & (zero != -128)).sum(axis=(0, 1, 2))
                    want[f"high.{i}"] = ((outputs == 127) & (zero != 127)).sum(axis=(0, 1, 2))
                if op.kind in WITH_WEIGHTS:
                    taps = [[patch + zero_in for _, _, patch in interpreter.windows(op, r.inputs[i] - zero_in, 0.0)]
                            for r in replays]
                    want[f"mean.{i}"] = np.array(taps).sum(axis=(0, 2, 3)) / outputs[:, :, :, 0].size
            self.assertEqual(sorted(got), sorted(want))
            for key, array in want.items():
                with self.subTest(net=name, array=key):
                    index = int(key.split(".")[1])
                    exact = replays[0].is_s8(index) or key.startswith("mean")
                    np.testing.assert_allclose(got[key], array, rtol=1e-12 if exact else 1e-6)

    def test_channels_that_only_move_keep_their_zero_points(self):
        replay = Replay(self.net("small"), self.dump(self.net("small"), self.png, "--raw"))
        moved = [i for i, op in enumerate(replay.model.ops) if op.kind in MOVES and replay.is_s8(i)]
        self.assertGreater(len(moved), 2)
        self.assertTrue(all(len(set(replay.out_scales[i][:, 0])) > 1 for i in moved))


if __name__ == "__main__":
    unittest.main()
