"""A study file is read as people write it, and all that is wrong with it is said at once."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mojo.errors import StudyError
from mojo.study.loading import find_study, load_study

StudyFile = Callable[..., Path]


def parameter(text: str) -> str:
    return f"parameters: {{x: {{{text}}}}}"


CORRELATED = "distribution: correlated_normal, names: [a, b], mean: [0, 0], std: [1, 1], correlation: "


def asked(text: str, objective: str = "drop.py:objective") -> str:
    return f"objective: {objective}\nrequirements: {{x: {text}}}"


MISTAKES = {
    # the study's own keys
    "n_trials: 10": "n_trials: is not a key of a monte-carlo study. Did you mean 'n_trial'?",
    "kind: monte carlo": "kind: 'monte carlo' is not a kind of study. Did you mean 'monte-carlo'?",
    "n_trial: 0": "n_trial: input should be greater than or equal to 1, but got 0",
    "n_trial: 2.5": "n_trial: input should be a valid integer, got a number with a fractional part, but got 2.5",
    "n_trial: many": "n_trial: input should be a valid integer, unable to parse string as an integer, but got 'many'",
    "n_trial: true": "n_trial: must be a number, but got true",
    "name: a/b": "name: must be a folder's name: letters, digits, '.', '_' and '-', the first a letter or digit, but "
    "got 'a/b'",
    "name: ..": "name: must be a folder's name",
    "seed: -1": "seed: input should be greater than or equal to 0, but got -1",
    "duration: 0": "duration: input should be greater than 0, but got 0",
    "timeout: .inf": "timeout: input should be a finite number, but got inf",
    "batch_size: 0": "drop.yaml: 1 problem\n  batch_size: must be 'auto' or a whole number from 1 to 10000, but got 0",
    "engine: warp": "engine: input should be 'auto', 'loop' or 'batch', but got 'warp'",
    "max_failures: five": "drop.yaml: 1 problem\n  max_failures: must be a whole number from 0, or a share such as "
    "'5%', but got 'five'",
    "parameters:": "parameters: has no value. Give it one, or remove the key",
    "parameters: {x: 3}": "parameters.x: must be a mapping such as {distribution: uniform, low: 0, high: 1}, but got 3",
    "record_decimation: 0": "record_decimation: input should be greater than or equal to 1, but got 0",
    "signals: Joints/*:qpos": "signals: input should be a valid list, but got 'Joints/*:qpos'",
    "design: latin": "design: input should be 'random', 'lhs', 'sobol', 'halton', 'antithetic', 'saltelli' or 'morris'",
    "design: grid": "design: must be random, lhs, sobol, halton, antithetic, saltelli, morris, {type: grid, values:",
    "parameters: {a: {distribution: uniform, low: 0, high: 1}}\ndesign: saltelli": "the design saltelli has N·(D + 2) "
    "with N = 2, 4, 8, … (D = 1 inputs vary) trials, and one more for the nominal trial, but n_trial is 10. Take "
    "n_trial: 7 or 13",
    "parameters: {a: {distribution: permutation, values: [1, 2]}}\ndesign: morris": "the design morris varies one "
    "input at a time, which the permutation parameter 'a' does not allow: its values hang together",
    "stop_when: {requirement: low, half_width: 0.02}": "stop_when: Requirement 'low' is not in `requirements`. It has "
    "no requirement at all.",
    "stop_when: {requirement: up, half_width: 0.6}": "stop_when.half_width: input should be less than 0.5, but got 0.6",
    "requirements: {up: {signal: time, max: 1}}\nstop_when: {requirement: up, half_width: 0.1}\ndesign: sobol": ""
    "`stop_when` needs independent draws, design: random, but got the design sobol, whose points belong together",
    "kind: [monte-carlo]": "kind: ['monte-carlo'] is not a kind of study.",
    "runtime: drop.py:run": "`runtime` and `duration` exclude each other: give the one that runs the trials",
    "duration:\nobjective: drop.py:objective": "`objective` needs a simulation: give a `runtime` or a `duration`",
    # references and files
    "generator: drop.py": "generator: 'drop.py' does not name a function. Write it as 'path/to/file.py:function'",
    "generator: drip.py:generate": "drip.py, which does not exist. That folder has: drop.py.",
    "generator: nowhere/drop.py:generate": "drop.py, which does not exist. There is no such folder.",
    "generator: 3": "generator: input should be a valid string, but got 3",
    "overrides: values.json": "values.json cannot be read: No such file or directory.",
    "overrides: drop.py": "drop.py cannot be read as JSON",
    "inputs: ['*.xml']": "inputs: no file matches '*.xml' in ",
    "inputs: ['']": "inputs: '' is not a pattern of file names",
    # parameters
    parameter("distribution: gauss"): "parameters.x.distribution: 'gauss' is not known. There is: uniform, normal",
    parameter("distribution: unifrom"): "'unifrom' is not known. Did you mean 'uniform'?",
    parameter("low: 1, high: 2"): "parameters.x.distribution: is missing. There is: uniform, normal",
    parameter("distribution: uniform, low: 1"): "parameters.x.high: is missing",
    parameter("distribution: uniform, low: 1, high: 2, hihg: 3"): "parameters.x.hihg: is not a key here. Did you "
    "mean 'high'? There is: ",
    parameter(
        "distribution: beta, alfa: 1, beta: 2"
    ): "parameters.x.alfa: is not a key here. Did you mean 'alpha'? There is:",
    parameter("distribution: uniform, low: 3, high: 1"): "parameters.x: `low < high` must hold, but got low=3, high=1",
    parameter("distribution: normal, mean: 0, std: -1"): "parameters.x.std: `std > 0` must hold, but got std=-1",
    parameter("distribution: normal, mean: zero, std: 1"): "parameters.x.mean: input should be a valid number",
    parameter("distribution: normal, mean: 0, std: 1e999"): "parameters.x.std: must be a finite number, but got inf",
    parameter("distribution: uniform, low: 0, high: 1, nominal: 2"): "`0 <= nominal <= 1` must hold, but got nominal=2",
    parameter(CORRELATED + "[[1, 2], [2, 1]]"): "`smallest eigenvalue of the correlation matrix >= 0` must hold",
    parameter(CORRELATED + "[[1, 0.5], [0.2, 1]]"): "`correlation[1][0] == correlation[0][1]` must hold",
    parameter(CORRELATED + "[[2, 0], [0, 1]]"): "`correlation[0][0] == 1` must hold, but got value=2",
    parameter(CORRELATED + "[[1]]"): "correlation must have 2 rows of 2 numbers",
    "parameters: {trial: {distribution: constant, value: 1}}": "'trial' cannot name a parameter: it is a column",
    "parameters: {a: {distribution: constant, value: 1}, c: {" + CORRELATED + "[[1, 0], [0, 1]]}}": "the value 'a' is "
    "defined by both 'a' and 'c'",
    # requirements
    asked("{metric: peak}"): "requirements.x: must have `min`, `max` or both, but got neither",
    asked("{metric: peak, min: 2, max: 1}"): "requirements.x: `min <= max` must hold, but got min=2, max=1",
    asked("{metric: peak, max: high}"): "requirements.x.max: input should be a valid number, but got 'high'",
    asked("{metric: peak, max: true}"): "requirements.x.max: input should be a valid number, but got True",
    asked("{metric: peak, max: .inf}"): "requirements.x.max: input should be a finite number, but got inf",
    asked("{metric: peak, signal: time, max: 1}"): "requirements.x: must have one of `metric`, `signal` and "
    "`function`, but got `metric` and `signal`",
    asked("{metric: peak, function: drop.py:run, max: 1}"): "but got `metric` and `function`",
    asked("{max: 1}"): "requirements.x: must have one of `metric`, `signal` and `function`, but got none of them",
    asked("5"): "requirements.x: must be a mapping such as {metric: settling_time, max: 2.0}, but got 5",
    asked("{metric: peak, max: 1, probability: 1}"): "requirements.x.probability: input should be less than 1, but "
    "got 1",
    asked("{metric: peak, max: 1, probability: 0}"): "requirements.x.probability: input should be greater than 0",
    asked("{metric: peak, max: 1, confidence: 0.4}"): "requirements.x.confidence: input should be greater than or "
    "equal to 0.5, but got 0.4",
    asked("{metric: peak, maximum: 1}"): "requirements.x.maximum: is not a key here.",
    asked("{signal: time, max: 1, over: run}"): "requirements.x.over: input should be 'trial' or 'end', but got",
    asked("{signal: time, max: 1, hold: 2}"): "requirements.x: `hold` needs `over: end`, but got hold=2, over=trial",
    asked("{signal: time, max: 1, over: end, hold: -1}"): "requirements.x.hold: input should be greater than or equal",
    asked("{signal: time, max: 1, ends_trial: 1}"): "requirements.x.ends_trial: input should be a valid boolean",
    asked("{metric: peak, max: 1, ends_trial: true}"): "requirements.x.ends_trial: is not a key here.",
    asked("{metric: peak, quantile: 0.9, min: 0, max: 1}"): "requirements.x: a quantile must have either `min` or "
    "`max`, but got both",
    asked("{metric: peak, quantile: 99, max: 1}"): "requirements.x.quantile: input should be less than 1, but got 99",
    asked("{metric: peak, quantile: 0.9, max: 1, probability: 0.9}"): "requirements.x.probability: is not a key here.",
    asked("{function: judge.py:upright}"): "requirements.x.function: 'judge.py:upright' names the file",
    asked("{function: upright}"): "requirements.x.function: 'upright' does not name a function.",
    asked("{function: drop.py:objective, max: 1}"): "requirements.x.max: is not a key here.",
    "requirements: {' ': {signal: time, max: 1}}": "requirements. : a requirement needs a name",
    "requirements: {x: {metric: peak, max: 1}}": "the requirement 'x' judges the metric 'peak', but there is no "
    "`objective` that could return it",
    "duration:\nrequirements: {x: {signal: time, max: 1}}": "`requirements` need a simulation: give a `runtime` or a "
    "`duration`",
    "parameters: {'requirement:x': {distribution: constant, value: 1}}": "cannot name a parameter: it is a column",
    # YAML itself
    "n_trial: 5\nn_trial: 6": "drop.yaml: 1 problem\n  line 8: the key 'n_trial' is given twice.",
    parameter("distribution: constant, value: 1, value: 2"): "the key 'value' is given twice.",
    "signals: [a": "is not valid YAML: ",
    "gen_args: [2026-02-30]": "is not valid YAML: day is out of range for month",
}


@pytest.mark.parametrize(("lines", "message"), MISTAKES.items(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_key_and_what_came(study_file: StudyFile, lines: str, message: str):
    with pytest.raises(StudyError) as caught:
        load_study(study_file(lines))
    assert message in str(caught.value)


def test_all_problems_are_told_at_once(study_file: StudyFile):
    file = study_file(
        "n_trials: 0\ntimeout: soon\nobjective: judge.py:objective\nkind: monte-carl", without=("n_trial",)
    )
    with pytest.raises(StudyError) as caught:
        load_study(file)
    first, *problems = str(caught.value).splitlines()
    assert first == f"{file}: 4 problems"
    assert [problem.split(":")[0].strip() for problem in problems] == ["kind", "objective", "timeout", "n_trials"]


@pytest.mark.parametrize("key", ["name", "kind", "generator"])
def test_a_missing_key_is_named(study_file: StudyFile, key: str):
    with pytest.raises(StudyError, match=f"1 problem\n  {key}: is missing"):
        load_study(study_file(without=(key,)))


@pytest.mark.parametrize(("content", "holds"), [("", "nothing"), ("- a\n- b\n", r"\['a', 'b'\]"), ("hello", "'hello'")])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, content: str, holds: str):
    file = tmp_path / "study.yaml"
    file.write_text(content)
    with pytest.raises(StudyError, match=f"must hold 'key: value' lines, but holds {holds}"):
        load_study(file)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path):
    file = tmp_path / "study.yaml"
    file.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(StudyError, match="is not a text file in UTF-8"):
        load_study(file)


@pytest.mark.parametrize(
    ("text", "number"), [("1e5", 1e5), ("1E-3", 1e-3), ("-2e+1", -20.0), ("1.5e2", 150.0), (".5e1", 5.0), ("7", 7.0)]
)
def test_numbers_in_scientific_notation_are_numbers(study_file: StudyFile, text: str, number: float):
    # plain YAML 1.1 reads 1e5 as text
    study = load_study(
        study_file(f"gen_kwargs: {{bare: {text}}}\n" + parameter(f"distribution: constant, value: {text}"))
    )
    assert study.gen_kwargs == {"bare": number}
    assert study.parameters["x"].value == number


def test_a_version_or_a_name_that_begins_like_a_number_stays_text(study_file: StudyFile):
    study = load_study(study_file("gen_args: [1e5m, 3.17.0, e5, '1e5']"))
    assert study.gen_args == ["1e5m", "3.17.0", "e5", "1e5"]


def test_paths_in_the_file_are_relative_to_the_file(study_file: StudyFile, monkeypatch: pytest.MonkeyPatch):
    file = study_file("inputs: [data/*.xml]\noverrides: values.json\ndesign: {type: list, file: points.csv}")
    folder = file.parent
    (folder / "data").mkdir()
    (folder / "data" / "b.xml").touch()
    (folder / "data" / "a.xml").touch()
    (folder / "values.json").write_text(json.dumps({"mass": 1.5}))
    monkeypatch.chdir("/")
    study = load_study(file)
    assert study.generator == f"{folder / 'drop.py'}:generate"
    assert study.inputs == [str(folder / "data" / "a.xml"), str(folder / "data" / "b.xml")]
    assert study.overrides == {"mass": 1.5}
    assert study.design_files() == [str(folder / "points.csv")]


def test_paths_on_the_command_line_are_relative_to_the_working_directory(
    study_file: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.py").touch()
    (tmp_path / "values.json").write_text(json.dumps({"mass": 2.5}))
    study = load_study(study_file(), {"generator": "other.py:make", "overrides": "values.json"})
    assert study.generator == f"{tmp_path / 'other.py'}:make"
    assert study.overrides == {"mass": 2.5}
    with pytest.raises(StudyError, match=r"drop\.py, which does not exist. That folder has: other.py"):
        load_study(study_file(), {"generator": "drop.py:generate"})


def test_a_dotted_module_is_left_as_it_is(study_file: StudyFile):
    assert load_study(study_file("generator: my_lab.models:generate")).generator == "my_lab.models:generate"


def test_the_command_line_wins_over_the_file(study_file: StudyFile):
    study = load_study(study_file(), {"n_trial": 500, "max_failures": "5%"})
    assert (study.n_trial, study.max_failures, study.seed) == (500, "5%", 1)


def test_numbers_inside_a_mapping_of_the_command_line_are_numbers(study_file: StudyFile):
    # Snakemake reads `--config overrides={mass: 1.25}` with a loader that leaves every scalar as text
    given = {
        "overrides": {"mass": "1.25", "surface": "ice", "wet": "true", "steps": ["1", "2e3"]},
        "parameters": {"x": {"distribution": "constant", "value": "1e5"}},
    }
    study = load_study(study_file(), given)
    assert study.overrides == {"mass": 1.25, "surface": "ice", "wet": True, "steps": [1, 2000.0]}
    assert study.parameters["x"].value == 1e5


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "cannot be read as JSON"), ("[1]", "must hold an object of names and values, but holds list")],
)
def test_a_json_file_of_overrides_must_hold_names_and_values(study_file: StudyFile, content: str, message: str):
    file = study_file("overrides: values.json")
    (file.parent / "values.json").write_text(content)
    with pytest.raises(StudyError, match=f"overrides: .*{message}"):
        load_study(file)


def test_a_study_file_is_looked_for_in_one_folder_after_the_other(tmp_path: Path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    (tmp_path / "two" / "drop.yaml").touch()
    folders = [tmp_path / "one", tmp_path / "two"]
    assert find_study("drop.yaml", folders) == tmp_path / "two" / "drop.yaml"
    (tmp_path / "one" / "drop.yaml").touch()
    assert find_study("drop.yaml", folders) == tmp_path / "one" / "drop.yaml"
    assert find_study(tmp_path / "two" / "drop.yaml", folders) == tmp_path / "two" / "drop.yaml"


def test_a_study_file_that_is_nowhere_is_named_with_its_nearest(tmp_path: Path):
    (tmp_path / "drop.yaml").touch()
    with pytest.raises(StudyError) as caught:
        find_study("drip.yaml", [tmp_path, Path("/nowhere")])
    places = f"it was looked for at {tmp_path / 'drip.yaml'} and /nowhere/drip.yaml."
    assert str(caught.value) == f"The study file 'drip.yaml' does not exist; {places} Did you mean 'drop.yaml'?"


@pytest.mark.parametrize("path", [None, "", 5])
def test_a_study_file_must_be_named(path: object):
    with pytest.raises(StudyError, match=f"'{path}' does not name a study file. Give one with --config study="):
        find_study(path, [Path("/nowhere")])


def test_a_folder_is_no_study_file(study_file: StudyFile):
    folder = study_file("").parent
    with pytest.raises(StudyError, match=r"is a folder; name the study file in it. It has: drop.yaml\."):
        find_study(folder, [Path("/nowhere")])


def test_a_mapping_may_be_merged_into_others(study_file: StudyFile):
    lines = [
        "parameters:",
        "  first: &shared {distribution: uniform, low: 0.0, high: 1.0, unit: m}",
        "  second: {<<: *shared, high: 2.0}",
    ]
    parameters = load_study(study_file("\n".join(lines))).parameters
    assert (parameters["first"].high, parameters["second"].high) == (1.0, 2.0)
    assert parameters["second"].unit == "m"


def test_requirements_of_every_form_are_read(study_file: StudyFile):
    forms = {
        "settles": "{metric: settling_time, max: 2.0, probability: 0.99, confidence: 0.95, unit: s}",
        "tip_stays": "{signal: 'Bodies/tip/xpos:z', min: 0.1, over: trial}",
        "soft": "{signal: 'Loads/foot/force:m', quantile: 0.99, max: 8e2, unit: N}",
        "sinks": "{metric: drop, quantile: 0.05, min: 0}",
        "my_check": "{function: drop.py:objective}",
    }
    file = study_file(
        "objective: drop.py:objective\nrequirements: {" + ", ".join(f"{k}: {v}" for k, v in forms.items()) + "}"
    )
    study = load_study(file)
    asked_for = {name: (req.probability, req.confidence) for name, req in study.requirements.items()}
    assert asked_for == {
        "settles": (0.99, 0.95),
        "tip_stays": (0.95, 0.9),
        "soft": (0.99, 0.9),  # the 99 % quantile is below 800 when 99 % of trials are
        "sinks": (0.95, 0.9),  # the 5 % quantile is above 0 when 95 % of trials are
        "my_check": (0.95, 0.9),
    }
    assert study.requirement_functions() == {"my_check": f"{file.parent / 'drop.py'}:objective"}
    assert type(study).model_validate(study.model_dump(mode="json")) == study
