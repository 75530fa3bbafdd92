// SPDX-License-Identifier: Apache-2.0
#include "registry/search/query.h"

#include <charconv>
#include <cmath>

#include "access/access.h"
#include "registry/search/words.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxText = 1000;
constexpr std::size_t kMaxTerms = 20;

Error refused(std::string_view term, const std::string& why) {
  return invalid_argument("search: " + access::as_shown(term) + " " + why).at("q");
}

// Terms stand apart by spaces; a quoted value may hold some.
std::vector<std::string> terms_of(std::string_view text) {
  std::vector<std::string> out;
  std::string term;
  bool quoted = false, any = false;
  for (char c : text) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      if (any) out.push_back(std::move(term));
      term.clear();
      any = false;
    } else {
      term += c;
      any = true;
    }
  }
  if (any) out.push_back(std::move(term));
  return out;
}

Result<MetricTerm> parse_metric(std::string_view term) {
  MetricTerm out;
  const std::string_view rest = term.substr(std::string_view("metric.").size());
  const std::size_t at = rest.find_first_of("<>=");
  if (at == std::string_view::npos || at == 0) return refused(term, "is no comparison: write metric.accuracy>0.9");
  out.name = rest.substr(0, at);
  const bool two = at + 1 < rest.size() && rest[at + 1] == '=' && rest[at] != '=';
  out.op = rest.substr(at, two ? 2 : 1);
  const std::string_view number = rest.substr(at + out.op.size());
  const auto read = std::from_chars(number.data(), number.data() + number.size(), out.value);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size() || !std::isfinite(out.value))
    return refused(term, "compares with no number");
  return out;
}

}  // namespace

Result<SearchQuery> parse_search(std::string_view text) {
  if (text.size() > kMaxText) return invalid_argument("search: at most 1000 bytes are allowed").at("q");
  SOUK_TRY(access::check_text(text, kMaxText, "q"));
  SearchQuery out;
  const auto terms = terms_of(text);
  if (terms.size() > kMaxTerms) return invalid_argument("search: at most 20 words and filters are allowed").at("q");
  for (const std::string& term : terms) {
    const std::size_t colon = term.find(':');
    const std::string key = term.substr(0, colon), value = colon == std::string::npos ? "" : term.substr(colon + 1);
    const std::pair<std::string_view, std::optional<std::string>*> fields[] = {
        {"kind", &out.kind}, {"task", &out.task}, {"alias", &out.alias}, {"owner", &out.owner}, {"state", &out.state}};
    bool taken = false;
    for (const auto& [name, field] : fields) {
      if (colon == std::string::npos || key != name) continue;
      if (value.empty()) return refused(term, "says nothing after the colon");
      *field = value;
      taken = true;
    }
    if (taken) continue;
    if (term.starts_with("metric.")) {
      out.metrics.push_back(SOUK_TRY(parse_metric(term)));
    } else if (term.starts_with("tag:")) {
      const std::size_t equals = value.find('=');
      if (equals == std::string::npos || equals == 0) return refused(term, "is no tag: write tag:KEY=VALUE");
      out.tags.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else {
      for (std::string& word : words_of(term)) out.words.push_back(std::move(word));
    }
  }
  if (out.words.size() > kMaxTerms) return invalid_argument("search: at most 20 words are allowed").at("q");
  const bool filtered =
      out.kind || out.task || out.alias || out.owner || out.state || !out.tags.empty() || !out.metrics.empty();
  if (out.words.empty() && !filtered) return invalid_argument("search: there is no word in it").at("q");
  if (out.kind && *out.kind != "model" && *out.kind != "experiment" && *out.kind != "run")
    return invalid_argument("search: kind is model, experiment or run").at("q");
  return out;
}

}  // namespace souk::registry
