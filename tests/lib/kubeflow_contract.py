# SPDX-License-Identifier: Apache-2.0
"""The addresses of the Kubeflow Model Registry contract (v1alpha3) and what each answers: our own copy of the list."""

PREFIX = "/api/model_registry/v1alpha3"


def _noun(many, one, created=201):
    return {f"/{one}": {"GET": 200}, f"/{many}": {"GET": 200, "POST": created},
            f"/{many}/{{id}}": {"GET": 200, "PATCH": 200}}


OPERATIONS = (
    _noun("registered_models", "registered_model") | _noun("model_versions", "model_version")
    | _noun("artifacts", "artifact") | _noun("model_artifacts", "model_artifact")
    | _noun("serving_environments", "serving_environment") | _noun("inference_services", "inference_service")
    | _noun("experiments", "experiment") | _noun("experiment_runs", "experiment_run")
    | {
        "/registered_models/{id}/versions": {"GET": 200, "POST": 201},
        "/model_versions/{id}/artifacts": {"GET": 200, "POST": 201},
        "/experiment_runs/{id}/artifacts": {"GET": 200, "POST": 201},
        "/experiments/{id}/experiment_runs": {"GET": 200, "POST": 201},
        "/serving_environments/{id}/inference_services": {"GET": 200, "POST": 201},
        "/inference_services/{id}/serves": {"GET": 200, "POST": 201},
        "/inference_services/{id}/model": {"GET": 200},
        "/inference_services/{id}/version": {"GET": 200},
        "/experiment_runs/{id}/metric_history": {"GET": 200},
        "/experiment_runs/metric_history": {"GET": 200},
    })
