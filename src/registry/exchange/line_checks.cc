// SPDX-License-Identifier: Apache-2.0
//
// Whether a line may be what it says: the rules of the API for each field.
#include "base/digest.h"
#include "registry/exchange/applier.h"
#include "registry/properties.h"
#include "registry/records/kinds.h"
#include "registry/state.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxReadme = 1 << 20, kMaxText = 64 << 10, kMaxWord = 1024;

Result<std::string> need(const std::optional<std::string>& text, const char* field) {
  if (!text) return invalid_argument(std::string(field) + " is missing");
  return *text;
}

Status check_model(const RegisteredModel& model) {
  SOUK_TRY(access::check_slug(model.slug));
  SOUK_TRY(access::check_name(model.name, "name"));
  SOUK_TRY(access::check_text(model.readme, kMaxReadme, "readme"));
  SOUK_TRY(access::check_text(model.description, kMaxText, "description"));
  SOUK_TRY(access::check_text(model.logo, kMaxReadme, "logo"));
  for (const std::string* text :
       {&model.owner, &model.maturity, &model.provider, &model.license, &model.license_link, &model.library_name})
    SOUK_TRY(access::check_text(*text, kMaxWord, "model"));
  if (model.external_id) SOUK_TRY(access::check_name(*model.external_id, "external_id"));
  for (const json::Raw* list : {&model.language, &model.tasks})
    SOUK_TRY(json::read<std::vector<std::string>>(list->text));
  SOUK_TRY(check_tags(model.tags, "tags"));
  return check_properties(model.custom_properties, "custom_properties");
}

Status check_version(const ModelVersion& version) {
  constexpr std::int64_t kMostVersions = 999'999'999;
  if (version.number < 1 || version.number > kMostVersions)
    return invalid_argument("a version's number is 1 to 999999999");
  SOUK_TRY(check_version_name(version.name));
  if (is_all_digits(version.name) && SOUK_TRY(number_of(version.name)) != version.number)
    return invalid_argument("a version's name of digits is its number");
  SOUK_TRY(access::check_text(version.description, kMaxText, "description"));
  SOUK_TRY(access::check_text(version.author, kMaxWord, "author"));
  if (version.uri) SOUK_TRY(access::check_text(*version.uri, kMaxText, "uri"));
  if (version.external_id) SOUK_TRY(access::check_name(*version.external_id, "external_id"));
  return check_properties(version.custom_properties, "custom_properties");
}

template <class T>
Status check_record(const Line& line) {
  T row = SOUK_TRY(row_of<T>(line));
  if constexpr (requires { row.slug; }) SOUK_TRY(access::check_slug(row.slug));
  return check_fields(static_cast<const T*>(nullptr), row);
}

Status check_alias(const Line& line) {
  const std::string name = SOUK_TRY(need(line.name, "name"));
  if (!is_tag(name)) return invalid_argument("the name of an alias is a tag");
  if (line.type == LineType::ALIAS && !line.number) return invalid_argument("an alias names a version's number");
  return access::check_text(line.actor.value_or(""), kMaxWord, "actor");
}

}  // namespace

Status Applier::check(const Line& line) {
  switch (line.type) {
    case LineType::MODEL:
      return check_model(SOUK_TRY(row_of<RegisteredModel>(line)));
    case LineType::VERSION:
      return check_version(SOUK_TRY(row_of<ModelVersion>(line)));
    case LineType::MANIFEST: {
      const std::string bytes = SOUK_TRY(from_base64(SOUK_TRY(need(line.bytes, "bytes"))));
      if (!line.digest || sha256(bytes) != *line.digest)
        return invalid_argument("a manifest is not what its digest says");
      SOUK_TRY(artifacts::parse_manifest(SOUK_TRY(need(line.media_type, "media_type")), bytes));
      return {};
    }
    case LineType::TAG:
      if (!line.digest || !is_tag(SOUK_TRY(need(line.name, "name"))))
        return invalid_argument("a tag has a name and a digest");
      return {};
    case LineType::ALIAS:
    case LineType::ALIAS_CHANGE:
      return check_alias(line);
    case LineType::SPENT_NUMBER:
      return line.number && *line.number > 0 ? Status() : Status(invalid_argument("a number is missing"));
    case LineType::EXPERIMENT:
      return check_record<Experiment>(line);
    case LineType::RUN:
      return check_record<ExperimentRun>(line);
    case LineType::ARTIFACT:
      return check_record<Artifact>(line);
    case LineType::ENVIRONMENT:
      return check_record<Environment>(line);
    case LineType::INFERENCE_SERVICE:
      return check_record<InferenceService>(line);
    case LineType::SERVE_MODEL:
      return check_record<ServeModel>(line);
    case LineType::POINTS:
      SOUK_TRY(access::check_name(SOUK_TRY(need(line.name, "name")), "name"));
      if (!line.points || line.points->size() > kPointsOfLine)
        return invalid_argument("there are no points, or too many");
      for (const json::Raw& point : *line.points) SOUK_TRY(point_of(point));
      return {};
    case LineType::EDGE:
      if (!line.edge || line.edge->size() != 3) return invalid_argument("an edge is [source, target, relation]");
      return access::check_name((*line.edge)[2], "relation");
  }
  return invalid_argument("a line of this type is not known");
}

}  // namespace souk::registry
