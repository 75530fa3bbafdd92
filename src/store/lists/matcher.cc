// SPDX-License-Identifier: Apache-2.0
#include "store/lists/matcher.h"

#include <algorithm>
#include <compare>

#include "store/lists/filter_tree.h"
#include "store/lists/like.h"

namespace souk::store {

namespace {

using Kind = FilterToken::Kind;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Past one character of UTF-8.
std::size_t step(std::string_view text, std::size_t at) {
  do {
    ++at;
  } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
  return at;
}

template <class T>
bool holds(const T& left, std::string_view op, const T& right) {
  if (op == "=" || op == "IN") return left == right;
  if (op == "<>") return left != right;
  if (op == ">") return left > right;
  if (op == ">=") return left >= right;
  if (op == "<") return left < right;
  return left <= right;
}

bool numbers_hold(const Fact& fact, std::string_view op, const FilterValue& value) {
  const auto* left = std::get_if<std::int64_t>(&fact);
  const auto* right = std::get_if<std::int64_t>(&value);
  if (left != nullptr && right != nullptr) return holds(*left, op, *right);
  const double a = left != nullptr ? static_cast<double>(*left) : std::get<double>(fact);
  const double b = right != nullptr ? static_cast<double>(*right) : std::get<double>(value);
  return holds(a, op, b);
}

// One fact against one literal, whose type was looked at before.
bool fact_holds(const Fact& fact, const std::string& op, FilterSuffix suffix, const FilterLiteral& literal,
                const FilterValue& value) {
  if (const auto* text = std::get_if<std::string>(&fact)) {
    const auto* other = std::get_if<std::string>(&value);
    if (other == nullptr) return false;
    if (op == "LIKE" || op == "ILIKE") return like(*text, *other, op == "ILIKE");
    return holds(*text, op, *other);
  }
  if (std::holds_alternative<std::string>(value)) return false;
  if (const auto* flag = std::get_if<bool>(&fact))
    return literal.kind == Kind::name && holds<std::int64_t>(*flag, op, std::get<std::int64_t>(value));
  if (literal.kind == Kind::name) return false;
  const bool whole = std::holds_alternative<std::int64_t>(fact);
  if (suffix == FilterSuffix::int_value && !whole) return false;
  if (suffix == FilterSuffix::double_value && whole) return false;
  return numbers_hold(fact, op, value);
}

}  // namespace

void Facts::sort() {
  std::ranges::stable_sort(facts_, {}, &Entry::first);
}

std::pair<const Facts::Entry*, const Facts::Entry*> Facts::of(std::string_view name) const {
  const auto less = [](std::string_view a, std::string_view b) { return a < b; };
  const auto range = std::ranges::equal_range(facts_, name, less, &Entry::first);
  return {facts_.data() + (range.begin() - facts_.begin()), facts_.data() + (range.end() - facts_.begin())};
}

const Fact* Facts::find(std::string_view name) const {
  const auto [begin, end] = of(name);
  return begin == end ? nullptr : &begin->second;
}

bool like(std::string_view text, std::string_view pattern, bool ignore_case) {
  // After a mismatch the last % takes one character more: no match depends on an earlier one.
  std::size_t t = 0, p = 0, retry_text = 0, retry_pattern = std::string_view::npos;
  while (true) {
    if (p < pattern.size() && pattern[p] == '%') {
      retry_pattern = ++p;
      retry_text = t;
      continue;
    }
    if (t == text.size() && p == pattern.size()) return true;
    if (t < text.size() && p < pattern.size()) {
      if (pattern[p] == '_') {
        t = step(text, t);
        ++p;
        continue;
      }
      const std::size_t at = pattern[p] == '\\' && p + 1 < pattern.size() ? p + 1 : p;
      const bool same = ignore_case ? lower(text[t]) == lower(pattern[at]) : text[t] == pattern[at];
      if (same) {
        ++t;
        p = at + 1;
        continue;
      }
    }
    if (retry_pattern == std::string_view::npos || retry_text >= text.size()) return false;
    retry_text = step(text, retry_text);
    t = retry_text;
    p = retry_pattern;
  }
}

struct Matcher::Tree {
  struct Node {
    FilterNode::Kind kind;
    std::vector<Node> nodes;
    std::string key, op;
    FilterSuffix suffix = FilterSuffix::none;
    std::vector<std::pair<FilterLiteral, FilterValue>> values;

    bool matches(const Facts& facts) const {
      const auto one = [&](const Node& node) { return node.matches(facts); };
      if (kind == FilterNode::Kind::any) return std::ranges::any_of(nodes, one);
      if (kind == FilterNode::Kind::all) return std::ranges::all_of(nodes, one);
      const auto [begin, end] = facts.of(key);
      return std::any_of(begin, end, [&](const Facts::Entry& entry) {
        return std::ranges::any_of(
            values, [&](const auto& value) { return fact_holds(entry.second, op, suffix, value.first, value.second); });
      });
    }
  };

  static Result<Node> node(const FilterNode& from) {
    Node out{.kind = from.kind, .nodes = {}, .key = {}, .op = from.comparison.op, .values = {}};
    for (const FilterNode& one : from.nodes) out.nodes.push_back(SOUK_TRY(node(one)));
    if (from.kind != FilterNode::Kind::comparison) return out;
    const FilterComparison& comparison = from.comparison;
    const FilterSubject& subject = comparison.subject;
    out.suffix = subject.suffix;
    out.key = subject.column != nullptr ? subject.column->name : subject.field + "." + subject.name;
    for (const FilterLiteral& literal : comparison.values)
      out.values.emplace_back(literal, SOUK_TRY(value(comparison, literal)));
    return out;
  }

  static Result<FilterValue> value(const FilterComparison& comparison, const FilterLiteral& literal) {
    const FilterSubject& subject = comparison.subject;
    if (subject.column == nullptr) SOUK_TRY(check_property_value(comparison, literal));
    if (comparison.op == "LIKE" || comparison.op == "ILIKE") {
      if (subject.column != nullptr) SOUK_TRY(check_like(comparison));
      SOUK_TRY(check_pattern(literal, comparison.op));
      const Result<Like> checked = compile_like(literal.text, false, Dialect::postgresql);
      if (!checked) return filter_error(literal.at, checked.error().message);
      return FilterValue(literal.text);
    }
    if (subject.column != nullptr) return value_for(subject.column->type, literal, subject.column->name);
    if (literal.kind == Kind::text) return FilterValue(literal.text);
    if (literal.kind == Kind::number) return FilterValue(literal.number);
    return FilterValue(literal.integer);
  }

  Node root;
};

Result<Matcher> Matcher::make(std::string_view text, const FilterSchema& schema, std::string_view bare_names) {
  const std::optional<FilterNode> tree = SOUK_TRY(parse_filter(text, schema, bare_names));
  if (!tree) return Matcher(nullptr);
  return Matcher(std::make_shared<const Tree>(Tree{SOUK_TRY(Tree::node(*tree))}));
}

bool Matcher::operator()(const Facts& facts) const {
  return tree_ == nullptr || tree_->root.matches(facts);
}

}  // namespace souk::store
