# SPDX-License-Identifier: Apache-2.0
"""The ends of what the registry takes, on both databases: integers of 64 bits, names that look like something else, batches."""

import itertools
from urllib.parse import quote

import pytest
from both_databases import souk  # noqa: F401
from kubeflow_contract import PREFIX
from wire import call

NATIVE = "/api/v1/namespaces/default"
LEAST, MOST = -(2**63), 2**63 - 1
_count = itertools.count()


def fresh(prefix):
    return f"{prefix}-{next(_count)}"


def post(souk, path, data, status=201):
    answer = call(souk, "POST", path, data=data)
    assert answer.status == status, (path, data, answer.body)
    return answer.json() if answer.body else None


@pytest.mark.parametrize("number", [LEAST, -1, 2**53 + 1, MOST])
def test_whole_numbers_come_back_exactly(souk, number):
    name = fresh("whole")
    made = post(souk, f"{PREFIX}/registered_models",
                {"name": name, "customProperties": {"n": {"metadataType": "MetadataIntValue", "int_value": str(number)}}})
    assert made["customProperties"]["n"]["int_value"] == str(number)
    assert call(souk, "GET", f"{NATIVE}/models/{name}").json()["custom_properties"] == {"n": number}
    for filter, there in ((f"n = {number}", True), (f"n >= {number}", True), (f"n > {number}", False), (f"n < {number}", False)):
        listed = call(souk, "GET", f"{PREFIX}/registered_models?filterQuery=" + quote(f"name = '{name}' AND {filter}")).json()["items"]
        assert bool(listed) == there, filter


@pytest.mark.parametrize("text", [str(MOST + 1), str(LEAST - 1), "1e3", " 1", "", "0x1", "1.0"])
def test_what_is_no_whole_number(souk, text):
    name = fresh("no-whole")
    refused = post(souk, f"{PREFIX}/registered_models",
                   {"name": name, "customProperties": {"n": {"metadataType": "MetadataIntValue", "int_value": text}}}, 400)
    assert "customProperties n" in refused["message"]
    assert call(souk, "GET", f"{PREFIX}/registered_model?name={name}").status == 404


def test_ids_beyond_all(souk):
    for id in (MOST, MOST + 1, LEAST, "00", "1e1", "-0", "%31%30%30%30%30%30%30"):
        assert call(souk, "GET", f"{PREFIX}/registered_models/{id}").status == 404, id


def test_steps_and_times(souk):
    experiment = fresh("edges")
    post(souk, f"{NATIVE}/experiments", {"name": experiment, "slug": experiment})
    run = post(souk, f"{NATIVE}/experiments/{experiment}/runs", {})["id"]
    where = f"{NATIVE}/experiments/{experiment}/runs/{run}"
    for step in (LEAST, 0, MOST):
        post(souk, f"{where}:log", {"metrics": [{"name": "loss", "value": 1, "step": step}]}, 204)
    assert {p["step"] for p in call(souk, "GET", f"{where}/metrics/loss").json()["points"]} == {LEAST, 0, MOST}
    theirs = f"{PREFIX}/experiment_runs/{run}/artifacts"
    for step in (LEAST, MOST):
        assert post(souk, theirs, {"artifactType": "metric", "name": f"step {step}", "value": 1, "step": step})["step"] == step
    history = call(souk, "GET", f"{PREFIX}/experiment_runs/{run}/metric_history?stepIds={LEAST},{MOST}").json()["items"]
    assert len(history) == 4 and {point["step"] for point in history} == {LEAST, MOST}
    post(souk, theirs, {"artifactType": "metric", "name": "m", "value": 1, "step": MOST + 1}, 400)
    for at in (MOST, MOST + 1, LEAST, 253402300800000):
        post(souk, theirs, {"artifactType": "metric", "name": "m", "value": 1, "timestamp": str(at)}, 400)
    late = post(souk, theirs, {"artifactType": "metric", "name": "m", "value": 1, "timestamp": "253402300799999"})
    assert late["timestamp"] == "253402300799999"
    for raw in (b"1e999", b"Infinity", b"-Infinity", b"NaN", b'"NaN"', b"null"):
        body = b'{"artifactType":"metric","name":"none","value":' + raw + b"}"
        answer = call(souk, "POST", theirs, {"Content-Type": "application/json"}, body)
        assert answer.status in (400, 422), (raw, answer.body)
    assert not [a for a in call(souk, "GET", f"{theirs}?pageSize=100").json()["items"] if a["name"] == "none"]


@pytest.mark.parametrize("name", ["it's", "100%", "under_score", "back\\slash", 'quo"te', "😀👩🏽‍🚀", "a\u200fb", "שלום", "e\u0301", "\u00e9", "Ａ", "naïve; DROP TABLE"])
def test_names_are_found_as_they_stand(souk, name):
    name = f"{fresh('named')} {name}"
    made = post(souk, f"{PREFIX}/registered_models", {"name": name})
    assert made["name"] == name
    assert call(souk, "GET", f"{PREFIX}/registered_model?name={quote(name, safe='')}").json()["id"] == made["id"]
    literal = name.replace("\\", "\\\\").replace("'", "\\'")
    listed = call(souk, "GET", f"{PREFIX}/registered_models?filterQuery=" + quote(f"name = '{literal}'", safe="")).json()["items"]
    assert [model["id"] for model in listed] == [made["id"]]
    post(souk, f"{PREFIX}/registered_models", {"name": name}, 409)


@pytest.mark.parametrize("name", ["a\u202eb", "a\u2067b\u2069", "a\0b", "a\u0007b", "", " ", "x" * 251])
def test_names_that_are_none(souk, name):
    assert call(souk, "POST", f"{PREFIX}/registered_models", data={"name": name}).status in (400, 422)


def test_a_batch_is_all_or_nothing(souk):
    first, second = fresh("batch"), fresh("batch")
    problem = call(souk, "POST", f"{NATIVE}/models:batch", data={"models": [{"name": first}, {"name": second}, {"name": first}]}).problem(409, "ALREADY_EXISTS")
    assert problem["field"] == "models[2].name"
    assert call(souk, "GET", f"{NATIVE}/models/{second}").status == 404
    made = post(souk, f"{NATIVE}/models:batch", {"models": [{"name": second}, {"name": first, "custom_properties": {"a": 1}}]})["models"]
    assert [model["name"] for model in made] == [second, first] and made[1]["custom_properties"] == {"a": 1}
    call(souk, "POST", f"{NATIVE}/models:batch", data={"models": [{"name": "x"}] * 10_001}).problem(400, "INVALID_ARGUMENT")
