"""The server as whoever asks sees it: what it shows, what it refuses."""

import json
import os
import socket

import pytest

from mojo.errors import StudyError
from mojo.live.guard import is_local
from mojo.live.library import Library
from mojo.live.serve import link, listen
from tests.live.conftest import end_trial

SECRET = "what lies outside"


@pytest.fixture
def outside(half):
    """A file beside results/, which nobody may read."""
    path = half.root.parent.parent / "secret.txt"
    path.write_text(SECRET)
    return path


def test_the_page_its_news_and_the_files_are_served(half, serve):
    served = serve(half.root.parent)
    status, headers, body = served.get("/")
    assert status == 200 and b"<main" in body and "script-src 'self'" in headers["content-security-policy"]
    for name in ("live.js", "signals.js", "words.js", "tabs.js", "figures.js", "report.css", "live.css", "plotly.js"):
        assert served.get(f"/page/{name}")[0] == 200, name
    assert served.get("/files/drop/report.html")[2].endswith(b"The report.")
    assert json.loads(served.get("/files/drop/trials/000001/status.json")[2])["outcome"] == "failed"
    assert b"000002/" in served.get("/files/drop/trials/")[2]
    status, headers, body = served.get("/files/drop/report.html", Range="bytes=0-4")
    assert (status, body) == (206, b"<!doc")


def test_a_trial_folder_with_a_page_of_its_own_shows_it(half, serve):
    (half.trial(2).folder / "index.html").write_text("the trial's page")
    served = serve(half.root.parent)
    assert served.get("/files/drop/trials/000002/")[2] == b"the trial's page"
    assert b"telemetry.parquet" in served.get("/files/drop/trials/000003/")[2]


def test_one_study_can_be_served_alone(half, serve, begin):
    begin("other")
    served = serve(half.root)
    assert served.get("/files/drop/report.html")[0] == 200
    assert served.get("/files/other/study.json")[0] == 404


def test_news_are_told_at_once_and_when_a_trial_has_ended(half, serve):
    served = serve(half.root.parent)
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as stream:
        stream.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        told = stream.makefile("rb")

        def next_state():
            for line in told:
                if line.startswith(b"data: "):
                    return json.loads(line[6:])[0]

        assert next_state()["done"] == 4
        end_trial(half, 4)
        assert next_state()["done"] == 5


def test_signals_are_given_for_several_trials(half, serve):
    served = serve(half.root.parent)
    names = [signal["name"] for signal in served.json("/study/drop/signals?trial=2")]
    assert names == ["Joints/hinge:qpos", "Joints/hinge:qvel", "Sensors/load_cell:x"]
    query = "trial=0&trial=2&trial=1&signal=Joints/hinge:qpos"
    found = served.json(f"/study/drop/samples?{query}&points=50")
    assert [one["trial"] for one in found] == [0, 2]  # trial 1 has failed, and recorded nothing
    assert len(found[0]["signals"]["Joints/hinge:qpos"]["values"]) <= 52
    status, headers, body = served.get(f"/study/drop/signals.csv?{query}")
    assert status == 200 and "attachment" in headers["content-disposition"] and body.count(b"\n") == 401


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("/study/drop/samples?trial=1&signal=x", 404, "Trial 1 has no recording."),
        ("/study/none/signals?trial=1", 404, "There is no such study."),
        ("/study/drop/signals?trial=-1", 400, "Give 1 to 20 trials by number."),
        ("/study/drop/samples?trial=0", 400, "Give 1 to 40 signals."),
        ("/study/drop/samples?trial=0&signal=x&from=a&to=1", 400, "'from' must be a number."),
        ("/study/drop/samples?trial=0&signal=x&points=1e9", 400, "'points' must be a whole number."),
        ("/study/drop/samples?" + "&".join(f"trial={k}" for k in range(21)), 400, "Give 1 to 20 trials by number."),
    ],
)
def test_questions_that_make_no_sense_are_answered_in_words(half, serve, target, status, words):
    found, _, body = serve(half.root.parent).get(target)
    assert (found, json.loads(body)["error"]) == (status, words)


def test_a_trial_without_a_recording_has_no_signals_and_hides_none_of_others(half, serve):
    served = serve(half.root.parent)
    status, _, body = served.get("/study/drop/signals?trial=1")  # which has failed
    assert (status, json.loads(body)) == (200, [])
    both, alone = (json.loads(served.get(f"/study/drop/signals?{q}")[2]) for q in ("trial=1&trial=2", "trial=2"))
    assert both == alone != []


def test_nothing_can_be_written(half, serve):
    served = serve(half.root.parent)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert served.get("/files/drop/report.html", method)[0] == 405 and half.report.exists()


ESCAPES = [
    "../secret.txt",
    "../../secret.txt",
    "trials/../../../secret.txt",
    "..%2f..%2fsecret.txt",
    "%2e%2e/%2e%2e/secret.txt",
    "%2e%2e%2f%2e%2e%2fsecret.txt",
    "..%252f..%252fsecret.txt",
    "..%5c..%5csecret.txt",
    "..\\..\\secret.txt",
    "%c0%ae%c0%ae/%c0%ae%c0%ae/secret.txt",
    "....//....//secret.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "file:///etc/passwd",
    "report.html%00",
    "%00",
    "trials/%00/../../secret.txt",
    ".lock",
    "trials/.hidden",
    "x" * 5000,
]


def test_no_path_leads_out_of_the_results(half, outside, serve):
    half.lock.write_text(SECRET)
    (half.trials / ".hidden").write_text(SECRET)
    served = serve(half.root.parent)
    targets = (f"{prefix}/{path}" for path in ESCAPES for prefix in ("/files/drop", "/files", "", "/page", "/study"))
    for target in targets:
        status, _, body = served.get(target)
        assert status in (400, 404) and SECRET.encode() not in body and b"root:" not in body, target


def test_no_link_leads_out_of_the_results(half, outside, serve):
    elsewhere = outside.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.txt").write_text(SECRET)
    (half.root / "file.txt").symlink_to(outside)
    (half.root / "relative.txt").symlink_to("../../secret.txt")
    (half.root / "folder").symlink_to(elsewhere)
    (half.root / "root").symlink_to("/")
    (half.root / "twice").symlink_to("folder")
    (half.root / "loop").symlink_to("loop")
    served = serve(half.root.parent)
    for path in (
        "file.txt",
        "relative.txt",
        "folder/",
        "folder/secret.txt",
        "root/etc/passwd",
        "twice/secret.txt",
        "loop",
    ):
        status, _, body = served.get(f"/files/drop/{path}")
        assert status == 404 and SECRET.encode() not in body, path
    (half.root / "inside.html").symlink_to("report.html")
    assert served.get("/files/drop/inside.html")[0] == 200


def test_neither_recordings_nor_tables_nor_studies_are_read_through_links(half, outside, serve, begin, tmp_path):
    hidden = end_trial_elsewhere(half, tmp_path)
    (half.root.parent / "stolen").symlink_to(tmp_path / "elsewhere")
    served = serve(half.root.parent)
    assert json.loads(served.get("/study/drop/signals?trial=5")[2]) == []
    assert served.get("/study/drop/samples?trial=5&signal=time")[0] == 404
    assert served.get("/study/stolen/signals?trial=5")[0] == 404
    assert served.get("/files/stolen/study.json")[0] == 404
    assert hidden.exists()


def end_trial_elsewhere(layout, tmp_path):
    """Make trial 5 a link to a folder beside the results, and return that folder."""
    end_trial(layout, 5)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "study.json").write_bytes(layout.study.read_bytes())
    moved = layout.trial(5).folder.rename(elsewhere / "000005")
    layout.trial(5).folder.symlink_to(moved)
    return moved


def test_a_fifo_is_no_file(half, serve):
    os.mkfifo(half.root / "pipe")
    assert serve(half.root.parent).get("/files/drop/pipe")[0] == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:1", 200),
        ("localhost", 200),
        ("LOCALHOST:9000", 200),
        ("[::1]:8765", 200),
        ("10.0.0.7:8765", 200),
        ("evil.example", 421),
        ("localhost.evil.example:8765", 421),
        ("127.0.0.1.evil.example", 421),
        ("evil.example:80@localhost", 421),
        ("", 421),
    ],
)
def test_only_names_of_this_machine_are_answered(half, serve, host, status):
    assert serve(half.root.parent).get("/", host=host)[0] == status


def test_with_a_token_the_link_opens_the_page_once_and_the_cookie_from_then_on(half, serve):
    served = serve(half.root.parent, token="s3cret")
    for target in (
        "/",
        "/events",
        "/files/drop/report.html",
        "/page/live.js",
        "/?token=",
        "/?token=s3cre",
        "/?token=é",
    ):
        status, _, body = served.get(target.replace("é", "%C3%A9"))
        assert status == 401 and b"needs the token" in body, target
    status, headers, _ = served.get("/files/drop/report.html?token=s3cret&v=1")
    assert (status, headers["location"]) == (303, "/files/drop/report.html?v=1")
    cookie = headers["set-cookie"]
    assert cookie.startswith(f"mojo-{served.port}=s3cret;") and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert served.get("/files/drop/report.html", Cookie=cookie.split(";")[0])[0] == 200
    assert served.get("/", Cookie=f"mojo-{served.port}=wrong")[0] == 401
    assert served.get("//evil.example/?token=s3cret")[1]["location"] == "/evil.example/"


def test_a_server_for_others_asks_for_a_token():
    assert is_local("127.0.0.1") and is_local("127.8.9.1") and is_local("::1") and is_local("localhost")
    assert not any(map(is_local, ("0.0.0.0", "::", "10.0.0.7", "login.cluster.example", "127.0.0.1.evil.example")))
    assert link("::1", 80, "t") == "http://[::1]:80/?token=t"


def test_a_port_that_is_taken_and_a_folder_that_is_not_there_are_errors_that_say_so(tmp_path):
    with listen("127.0.0.1", 0) as taken, pytest.raises(StudyError, match=r"cannot be used .* Give others with --host"):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(StudyError, match=r"There is no folder .*to show. Give results/"):
        Library.of(tmp_path / "nothing")
