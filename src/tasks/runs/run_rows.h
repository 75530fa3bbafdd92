// SPDX-License-Identifier: Apache-2.0
//
// The SQL of runs. Inside the room only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/lists/filter.h"
#include "store/lists/listing.h"
#include "store/store.h"
#include "tasks/runs/model.h"

namespace souk::tasks {

// With its payload; the model is found by its slugs, and nothing is kept when it is gone.
Status send_finished(store::Tx& tx, const ModelRun& run, const Payload& payload);
// Fills in the id.
Status insert_queued(store::Tx& tx, ModelRun& run, const json::Raw& inputs);
Result<std::optional<ModelRun>> find_run(store::Tx& tx, std::string_view uid);
Result<Payload> payload_of(store::Tx& tx, std::string_view uid);
// Moves state, version, task, error and times. Errors: failed_precondition (no such move)
Status move_run(store::Tx& tx, ModelRun& run, RunState to, Time now);
Status send_outputs(store::Tx& tx, std::string_view uid, const std::optional<json::Raw>& outputs, bool keep_inputs,
                    Time end);
// Back to the beginning: what an operator revives.
Status reopen(store::Tx& tx, std::string_view uid, Time now);

// Which runs somebody may see: their own, and all of models they administer.
struct Sight {
  bool everything = false;
  PrincipalId runner_id;
  std::string runner;
  std::vector<NamespaceId> administered;
};
struct RunFilter {
  Sight sight;
  std::optional<ModelId> model_id;
  std::optional<std::string> version;    // its name
  std::optional<std::string> requester;  // slug
  std::optional<Time> from, until;       // of create_time
  bool operations = false;               // only those
};
Result<store::Page<ModelRun>> list_runs(store::Tx& tx, const RunFilter& filter, const store::ListQuery& query,
                                        std::string_view token_key);

// By page number, as Instill pages; also how many there are in all.
struct NumberedPage {
  std::vector<ModelRun> runs;
  std::int64_t total = 0;
};
Result<NumberedPage> page_runs(store::Tx& tx, const RunFilter& filter, std::string_view filter_text,
                               std::string_view order_by, std::int64_t offset, std::int64_t limit);

struct RunCount {
  ModelId model_id;
  std::int64_t count = 0;
  std::optional<Time> last_time;
};
BOOST_DESCRIBE_STRUCT(RunCount, (), (model_id, count, last_time))
Result<RunCount> count_runs(store::Tx& tx, ModelId model);

// How many rows went, of at most `limit` of each kind.
Result<std::int64_t> expire(store::Tx& tx, Time runs_before, Time payloads_before, std::int64_t limit);

}  // namespace souk::tasks
