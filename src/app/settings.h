// SPDX-License-Identifier: Apache-2.0
//
// Every setting of `souk serve`, gathered from the rooms; read in the order file, environment, flags.
#pragma once

#include <string>
#include <vector>

#include "access/settings.h"
#include "api/dispatcher.h"
#include "base/settings.h"
#include "blobs/s3/settings.h"
#include "net/otlp/exporter.h"
#include "net/server.h"
#include "registry/catalog/settings.h"
#include "registry/exchange/settings.h"
#include "registry/imports/settings.h"
#include "runtimes/onnx/loader.h"
#include "serving/serving.h"
#include "store/store.h"
#include "tasks/runs/model.h"
#include "webhooks/settings.h"
#include "work/settings.h"

namespace souk::app {

struct Settings {
  std::string data = "souk-data";
  std::string listen = "127.0.0.1:8080";
  std::string database;  // empty: sqlite:<data>/souk.db
  std::string blobs;     // empty: file:<data>/blobs
  bool dev = false;
  std::string log_level = "info";
  std::string log_format = "automatic";
  std::string node;  // empty: the host's name
  std::chrono::milliseconds collect_every{3'600'000};
  std::chrono::milliseconds collect_grace{86'400'000};
  std::chrono::milliseconds events_keep{30 * 86'400'000LL};

  net::ServerSettings net;
  net::TraceSettings traces;
  store::StoreSettings store;
  work::WorkSettings work;
  access::AccessSettings access;
  webhooks::WebhookSettings webhooks;
  blobs::S3Settings s3;
  registry::ImportSettings imports;
  registry::CatalogSettings catalog;
  registry::ExchangeSettings exchange;
  api::ApiSettings api;
  serving::ServingSettings serving;
  tasks::RunSettings tasks;
  runtimes::OnnxSettings onnx;
  std::string config_file;  // that some of them came from; no setting itself
};

// The table whose entries write into `settings`, which must outlive it.
settings::Table table_of(Settings& settings);

// Reads file (--config, SOUK_CONFIG), environment and `--name value` / `--name=value` / `--flag` arguments.
// `config_file`: where to put which file that was. Errors: invalid_argument
Status load(settings::Table& table, const std::vector<std::string>& arguments, const char* const* environment,
            std::string* config_file = nullptr);

// Fills what follows from other settings, and checks what only holds together. Errors: invalid_argument
Status complete(Settings& settings);

}  // namespace souk::app
