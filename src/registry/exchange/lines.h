// SPDX-License-Identifier: Apache-2.0
//
// The objects of a namespace as lines of JSON, the same text for the same objects on any server: nothing in it is an
// id, the own namespace's name or the time of the export. What refers to an object does so by its key:
//
//   model:SLUG   version:SLUG/NUMBER   experiment:SLUG   run:EXPERIMENT/ORDINAL   environment:NAME
//   service:ENVIRONMENT/NAME (both base64, for they are any text)   alias:SLUG@NAME
//   artifact:version:SLUG/NUMBER/ORDINAL   artifact:run:EXPERIMENT/ORDINAL/ORDINAL   artifact:free/ORDINAL
//
// Ordinals count from 0 in the order in which they were made. A unit (a model, an experiment with its runs, …) is a
// folder of parts: models/SLUG/00000.jsonl. docs/reference/archive-file.md is for others. Inside the room only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "registry/metrics/chunk.h"
#include "registry/model.h"
#include "registry/records/model.h"
#include "registry/records/services.h"

namespace souk::registry {

// A part ends with the line that makes it longer than this.
inline constexpr std::size_t kPartBytes = 1 << 20;
// A line is at most so long: a manifest of 4 MiB in base64 with what is around it.
inline constexpr std::size_t kMaxLine = 8 << 20;
inline constexpr std::size_t kPointsOfLine = 1000;

BOOST_DEFINE_ENUM_CLASS(LineType, MODEL, VERSION, MANIFEST, TAG, ALIAS, ALIAS_CHANGE, SPENT_NUMBER, EXPERIMENT, RUN,
                        ARTIFACT, POINTS, ENVIRONMENT, INFERENCE_SERVICE, SERVE_MODEL, EDGE)

// What a type does not have is absent.
struct Line {
  LineType type = LineType::MODEL;
  std::optional<std::string> key;
  std::optional<std::map<std::string, std::string>> refs;  // column → key
  std::optional<json::Raw> row;                            // the object's fields but ids and references
  std::optional<std::string> name, actor, media_type, bytes;
  std::optional<std::int64_t> number;
  std::optional<Digest> digest;
  std::optional<Time> time;
  std::optional<std::vector<std::string>> edge;  // source, target, relation
  std::optional<std::vector<json::Raw>> points;  // [step, time, value]
};
BOOST_DESCRIBE_STRUCT(Line, (),
                      (type, key, refs, row, name, actor, media_type, bytes, number, digest, time, edge, points))

// Takes a unit's parts as they fill: the unit's name and the text.
using TakePart = std::function<Status(const std::string& path, std::string text)>;

// Gathers lines into the parts of one unit.
class Parts {
 public:
  Parts(std::string unit, TakePart take) : unit_(std::move(unit)), take_(std::move(take)) {}
  Status add(const Line& line);
  Status finish();

 private:
  Status flush();
  std::string unit_;
  TakePart take_;
  std::string text_;
  int number_ = 0;
};

std::string part_path(const std::string& unit, int number);
// The unit that a part is of; none: it is no part's path.
std::optional<std::string> unit_of(std::string_view path);

// Calls f for each line of a part. Errors: invalid_argument (with the line's number), and f's
Status each_line(std::string_view text, const std::function<Status(const Line&)>& f);

json::Raw point_text(const MetricPoint& point);
Result<MetricPoint> point_of(const json::Raw& text);

std::string key_of_model(std::string_view slug);
std::string key_of_version(std::string_view slug, std::int64_t number);
std::string key_of_experiment(std::string_view slug);
std::string key_of_run(std::string_view experiment, std::int64_t ordinal);
std::string key_of_environment(std::string_view name);
std::string key_of_service(std::string_view environment, std::string_view name);

template <class Kind>
void forget(Id<Kind>& id, std::int64_t instead) {
  id.value = instead;
}
template <class Kind>
void forget(std::optional<Id<Kind>>& id, std::int64_t) {
  id.reset();
}

// Takes away what is another's on another server: ids, and what refers to others by id. In texts, where an id is a
// number from 1 on, 1 stands `instead`.
template <class T>
void forget_ids(T& object, std::int64_t instead) {
  forget(object.id, instead);
  object.uid.clear();
  object.revision = 1;
  if constexpr (requires { object.namespace_id; }) forget(object.namespace_id, instead);
  if constexpr (requires { object.model_id; }) forget(object.model_id, instead);
  if constexpr (requires { object.version_id; }) forget(object.version_id, instead);
  if constexpr (requires { object.experiment_id; }) forget(object.experiment_id, instead);
  if constexpr (requires { object.run_id; }) forget(object.run_id, instead);
  if constexpr (requires { object.parent_run_id; }) forget(object.parent_run_id, instead);
  if constexpr (requires { object.environment_id; }) forget(object.environment_id, instead);
  if constexpr (requires { object.inference_service_id; }) forget(object.inference_service_id, instead);
  if constexpr (requires { object.deployment_id; }) forget(object.deployment_id, instead);
  if constexpr (requires { object.revision_id; }) forget(object.revision_id, instead);
}

template <class T>
json::Raw row_text(T object) {
  forget_ids(object, 1);
  return json::Raw{json::write(object)};
}

// Back, as a new object. Errors: invalid_argument
template <class T>
Result<T> row_of(const Line& line) {
  if (!line.row) return invalid_argument("there is no row");
  T row = SOUK_TRY(json::read<T>(line.row->text));
  forget_ids(row, 0);
  row.uid = new_uid();
  return row;
}

}  // namespace souk::registry
