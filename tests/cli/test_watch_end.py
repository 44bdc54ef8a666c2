# SPDX-License-Identifier: MIT
"""Tests of the end of v5lite watch: signals, closed pipes, full disks. Its memory does not grow while it runs."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import moving  # noqa: E402
import pictures  # noqa: E402
from live import LiveTest  # noqa: E402
from program import PROGRAM  # noqa: E402
from watching import SUMMARY, WatchTest, passing  # noqa: E402

COUNTER = Path(PROGRAM[-1]).parent / "tests" / "allocations.so"
SANITIZED = "V5L_SANITIZED" in os.environ


def cpus_of_threads(process):
    """Returns the CPUs that each thread may use, as sets; that of the main thread first."""
    return [os.sched_getaffinity(int(thread)) for thread in sorted(os.listdir(f"/proc/{process}/task"), key=int)]


@unittest.skipUnless(sys.platform == "linux", "asks Linux for the CPUs of threads")
class Placement(WatchTest):
    def test_affinity_binds_detection_and_no_thread_that_serves_it(self):
        own = os.sched_getaffinity(0)
        for options in ((), ("--preview", "0")) if LiveTest.http_name() is not None else ((),):
            with self.subTest(options=options):
                run = self.endless("--affinity", min(own), *options)
                for _ in range(3):
                    self.assertTrue(run.stdout.readline())
                main, reader, *others = self.settled(run, own)
                run.kill()
                run.communicate()
                self.assertEqual(main, {min(own)})
                self.assertEqual(reader, own - main or own)
                self.assertEqual(others, [own] * len(others))

    def settled(self, run, own):
        """Returns the CPUs of the threads once the second one, which reads, has left CPUs, or after a while."""
        for _ in range(100):
            cpus = cpus_of_threads(run.pid)
            if cpus[1] != own or len(own) == 1:
                break
            run.stdout.readline()
        return cpus


class Ends(WatchTest):
    def test_signals_end_it_with_whole_lines_and_files(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                run = self.endless("--track", "--stats", "s.json")
                lines = [run.stdout.readline() for _ in range(10)]
                run.send_signal(number)
                rest, messages = run.stdout.read(), run.stderr.read() # communicate() loses what readline() has buffered
                self.assertEqual(run.wait(timeout=60), 0, messages)
                self.assertRegex(messages, SUMMARY)
                for stream in (run.stdout, run.stderr):
                    stream.close()
                frames, summary = self.parse(b"".join(lines) + rest)
                self.assertEqual(summary["frames"], len(frames))
                self.assertEqual(json.loads((self.directory / "s.json").read_text()), summary)
                self.assertEqual(self.files(), ["s.json"])

    def test_a_signal_while_the_source_waits(self):
        run = self.start("-", stdin=subprocess.PIPE)
        run.stdin.write(moving.y4m(passing(1)))
        run.stdin.flush()
        self.assertTrue(run.stdout.readline())
        run.send_signal(signal.SIGTERM)
        rest, messages = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, messages)
        self.assertEqual(list(json.loads(rest)), ["summary"])

    def test_a_signal_before_the_first_frame(self):
        run = self.start("-", stdin=subprocess.PIPE)
        run.stdin.write(moving.y4m([]))
        run.stdin.flush()
        time.sleep(0.5)
        run.send_signal(signal.SIGTERM)
        self.assertEqual((run.communicate(timeout=60), run.returncode), ((b"", b""), 0))

    def test_a_signal_while_an_output_waits_for_its_reader(self):
        pipe = self.directory / "p"
        os.mkfifo(pipe)
        for option in ("--draw", "--events"):
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(option=option, signal=number):
                    run = self.start(option, pipe, "-", stdin=subprocess.PIPE)
                    run.stdin.write(moving.y4m(passing(1)))
                    run.stdin.flush()
                    time.sleep(0.5)
                    self.assertIsNone(run.poll())
                    run.send_signal(number)
                    self.assertEqual((run.communicate(timeout=60), run.returncode), ((b"", b""), 0))

    def test_an_output_waits_for_its_reader(self):
        pipe = self.directory / "p"
        os.mkfifo(pipe)
        run = self.start("--events", pipe, "-", stdin=subprocess.PIPE)
        run.stdin.write(moving.y4m(passing(3)))
        run.stdin.close()
        time.sleep(0.2)
        frames, _ = self.parse(pipe.read_bytes())
        self.assertEqual(len(frames), 3)
        self.assertEqual(run.wait(timeout=60), 0)
        for stream in (run.stdout, run.stderr):
            stream.close()

    @unittest.skipUnless(sys.platform == "linux", "sets the size of a pipe")
    def test_a_second_signal_ends_it_at_once(self):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, 1031, 4096) # F_SETPIPE_SZ: a few lines fill it, and the program waits
        frames = [moving.y4m_frame(tuple(places), moving.WIDTH, moving.HEIGHT) for places in passing()]
        run = subprocess.Popen(self.command("-"), stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        thread = self.feed(run, moving.y4m([]), frames, 1000000)
        waiting = bytearray(4)
        while int.from_bytes(waiting, sys.byteorder) < 3000:
            fcntl.ioctl(reader, termios.FIONREAD, waiting)
            time.sleep(0.01)
        for _ in range(2):
            time.sleep(0.5)
            self.assertIsNone(run.poll())
            run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(timeout=60), -signal.SIGINT)
        os.close(reader)
        run.stderr.close()
        with contextlib.suppress(BrokenPipeError):
            run.stdin.close()
        thread.join(10)

    def test_events_file_can_be_followed_and_is_whole_in_the_end(self):
        run = self.endless("--events", "e.jsonl")
        path = self.directory / "e.jsonl"
        deadline = time.monotonic() + 60
        while not (path.exists() and path.read_bytes().count(b"\n") >= 5):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0)
        self.parse(path.read_bytes())
        self.assertEqual(self.files(), ["e.jsonl"])

    def test_a_reader_that_closes_the_pipe(self):
        run = self.endless()
        run.stdout.readline()
        run.stdout.close()
        run.wait(timeout=60)
        self.assertEqual((run.returncode, run.stderr.read()), (141, b""))
        run.stderr.close()

    def test_a_full_disk(self):
        path = self.stream(passing(3))
        with open("/dev/full", "wb") as full:
            done = subprocess.run(self.command("--quiet", "--draw", "-", path), stdout=full, stderr=subprocess.PIPE,
                                  cwd=self.directory, timeout=60)
            self.assertEqual((done.returncode, done.stderr),
                             (2, b"v5lite: cannot write: standard output: No space left on device\n"))
            done = subprocess.run(self.command(path), stdout=full, stderr=subprocess.PIPE, cwd=self.directory,
                                  timeout=60)
        self.assertEqual((done.returncode, SUMMARY.sub(b"", done.stderr).count(b"\n")), (2, 1), done.stderr)
        for options in (["--events"], ["--stats"], ["--draw"], ["--draw-format", "mjpeg", "--draw"]):
            done = subprocess.run(self.command("--quiet", *options, "/dev/full", path), capture_output=True,
                                  cwd=self.directory, timeout=60)
            self.assertEqual((done.returncode, done.stderr),
                             (2, b"v5lite: cannot write: /dev/full: No space left on device\n"))

    def test_a_stream_that_is_cut_off(self):
        whole = moving.y4m(passing(3))
        done = subprocess.run(self.command("--quiet", "-"), input=whole[:-100], capture_output=True,
                              cwd=self.directory, timeout=60)
        frames, summary = self.parse(done.stdout)
        self.assertEqual(len(frames), 2)

    @unittest.skipIf(SANITIZED or not COUNTER.exists(), "sanitizers allocate, or no tests/allocations.so")
    def test_no_allocation_after_the_third_frame(self):
        pictures_of = [pictures.ppm([row.tobytes() for row in moving.frame(places)], moving.WIDTH)
                       for places in passing()]
        (self.directory / "s.pnm").write_bytes(b"".join(pictures_of))
        (self.directory / "s.raw").write_bytes(b"".join(moving.planes(moving.frame(places)) for places in passing()))
        (self.directory / "a.ppm").write_bytes(pictures_of[20])
        self.succeed("picture", "--out", "a.jpg", self.directory / "a.ppm")
        (self.directory / "s.mjpeg").write_bytes((self.directory / "a.jpg").read_bytes() * 40)
        raw = ("--pixel-format", "yuv420p", "--video-size", "320x240", "s.raw")
        for options in ((), ("s.pnm",), ("s.mjpeg",), raw,
                        ("--track", "--zone", "z:0,0,99,0,99,99", "--count-line", "l:160,0,160,240"),
                        ("--threads", "2", "--track"), ("--realtime",), ("--every", "2", "--min-size", "30"),
                        ("--draw", "v.y4m", "--track", "--zone", "z:0,0,99,0,99,99"),
                        ("--draw", "v", "--draw-format", "mjpeg"),
                        ("--draw", "v", "--draw-format", "mjpeg", "s.mjpeg")):
            with self.subTest(options=options):
                source = [] if options and options[-1].startswith("s.") else [self.stream(passing() * 2, fps=200)]
                counts, lines, _ = self.allocations(*options, *source)
                self.assertEqual(set(counts[2:lines - 1]), {counts[2]})

    @unittest.skipIf(SANITIZED or not COUNTER.exists(), "sanitizers allocate, or no tests/allocations.so")
    def test_snapshots_allocate_only_for_their_files_and_do_not_wait_for_the_disk(self):
        counts, lines, syncs = self.allocations("--track", "--snapshot", "n", self.stream(passing() * 2))
        new_tracks = len({path.name.split("_")[0] for path in (self.directory / "n").iterdir()})
        self.assertGreater(new_tracks, 1)
        self.assertEqual(len(set(counts[2:lines - 1])), 1 + new_tracks)
        self.assertEqual(syncs, 0)
        *_, syncs = self.allocations("--stats", "s.json", self.stream(passing()))
        self.assertEqual(syncs, 1)

    def allocations(self, *arguments):
        """Returns the number of allocations before the end of each frame, that of frames and their summary, and that of
        waits for the disk."""
        reader, writer = os.pipe()
        environment = {**os.environ, "LD_PRELOAD": str(COUNTER), "V5LITE_ALLOCATIONS_FD": str(writer)}
        done = subprocess.run(self.command(*arguments), env=environment, pass_fds=[writer], timeout=60,
                              cwd=self.directory, capture_output=True)
        os.close(writer)
        with open(reader) as report:
            *counts, syncs = [int(line) for line in report]
        lines = done.stdout.count(b"\n")
        self.assertGreater(lines, 10)
        self.assertGreater(counts[0], 0)
        return counts, lines, syncs

    @unittest.skipIf(SANITIZED or not Path("/proc/self/status").exists(), "needs /proc, and no sanitizer")
    def test_20000_frames_in_flat_memory(self):
        def resident():
            status = Path(f"/proc/{run.pid}/status").read_text()
            return int(status.split("VmRSS:")[1].split()[0])  # KiB

        side = 96
        frames = [moving.y4m_frame((("0", (4 * i - 60, 10)),), side, side) for i in range(40)]
        command = self.command("--track", "--zone", "z:20,0,70,0,70,96,20,96", "--quiet", "-")
        command[command.index("--size") + 1] = str(side)
        run = subprocess.Popen(command, cwd=self.directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        thread = self.feed(run, moving.y4m([], width=side, height=side), frames, 20000)
        for number in range(1, 20001):
            line = run.stdout.readline()
            if number == 2000:
                early = resident()
            if number == 19000: # before the program ends: lines wait in the pipe
                late = resident()
        self.assertEqual(json.loads(line)["frame"], 20000)
        summary = json.loads(run.stdout.read())["summary"]
        run.wait(timeout=60)
        run.stdout.close()
        thread.join(10)
        self.assertGreater(summary["tracks"], 400)
        self.assertEqual(run.returncode, 0)
        self.assertLessEqual(late - early, 512) # Linux counts with an error of 256 KiB a thread; 29 bytes a frame show


if __name__ == "__main__":
    unittest.main()
