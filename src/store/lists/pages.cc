// SPDX-License-Identifier: Apache-2.0
#include "store/lists/pages.h"

namespace souk::store {

namespace {

// Counting costs as much as a page that comes in order: such a lead is left only for a much shorter one.
constexpr std::int64_t kFewBesideOrdered = 200;
// What was counted may be another number by then; a page is only slower for it.
constexpr std::chrono::seconds kBelieved{30};
constexpr std::size_t kMostRemembered = 1000;

// The first lead whose rows come in the list's order.
std::optional<std::size_t> in_order(const Listing& listing) {
  const std::vector<Lead>& leads = listing.filter.leads;
  for (std::size_t i = 0; listing.by_id && i < leads.size(); ++i) {
    if (leads[i].one_value) return i;
  }
  return std::nullopt;
}

// Whether there is anything to choose from.
bool must_count(const Listing& listing) {
  const std::size_t leads = listing.filter.leads.size();
  return leads > 1 || (leads == 1 && !in_order(listing));
}

// The lead with the fewest rows.
Result<std::optional<std::size_t>> count(Tx& tx, const Listing& listing) {
  std::optional<std::size_t> best = in_order(listing);
  std::int64_t fewest = best ? kFewBesideOrdered : kFewRows;
  std::vector<Value> parameters = listing.filter.probe_parameters;
  parameters.at(0) = fewest;
  const Rows counted = SOUK_TRY(tx.run(listing.filter.probe, parameters));
  for (std::size_t i = 0; i < listing.filter.leads.size(); ++i) {
    const auto rows = SOUK_TRY(from_value<std::int64_t>(counted.rows.at(0).at(i)));
    if (rows >= fewest) continue;
    fewest = rows;
    best = i;
  }
  return best;
}

void replace(std::string& text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

Result<Rows> read_from(Tx& tx, const PageSource& source, const Listing& listing, const Lead* lead) {
  std::string from = source.from, where = listing.where, order = listing.order;
  if (lead != nullptr) {
    // SQLite joins in the order that CROSS JOIN gives.
    from = listing.properties + " p CROSS JOIN " + from;
    replace(where, lead->text, "p.owner_id = " + listing.id + " AND " + lead->row);
    if (listing.by_id) {
      replace(order, listing.id, "p.owner_id");
      if (!listing.position.empty()) {
        std::string position = listing.position;
        replace(position, listing.id, "p.owner_id");
        replace(where, listing.position, position);
      }
    }
  }
  std::vector<Value> parameters = source.parameters;
  parameters.insert(parameters.end(), listing.parameters.begin(), listing.parameters.end());
  parameters.emplace_back(listing.fetch());
  return tx.run("SELECT " + source.columns + ", " + listing.order_column + " FROM " + from + " WHERE " + source.where +
                    " AND " + where + " ORDER BY " + order + " LIMIT $" + std::to_string(parameters.size()),
                parameters);
}

}  // namespace

std::optional<Pages::Start> Pages::find(const Listing& listing) const {
  if (!must_count(listing)) return in_order(listing);
  const std::lock_guard lock(mutex_);
  const auto found = remembered_.find(listing.mark);
  if (found == remembered_.end() || found->second.until < std::chrono::steady_clock::now()) return std::nullopt;
  const Start start = found->second.start;
  if (start && *start >= listing.filter.leads.size())
    return std::nullopt;  // of another door, which reads the filter otherwise
  return start;
}

void Pages::keep(const Listing& listing, Start start) {
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_.insert_or_assign(listing.mark, Remembered{start, std::chrono::steady_clock::now() + kBelieved});
}

Result<Rows> Pages::read(const PageSource& source, const Listing& listing) {
  const auto from = [&](Tx& tx, Start start) {
    return read_from(tx, source, listing, start ? &listing.filter.leads.at(*start) : nullptr);
  };
  if (const std::optional<Start> known = find(listing))
    return store_.read([&](Tx& tx) { return from(tx, *known); }, Statements::one);
  Start start;
  auto rows = store_.read([&](Tx& tx) -> Result<Rows> {
    start = SOUK_TRY(count(tx, listing));
    return from(tx, start);
  });
  if (rows) keep(listing, start);
  return rows;
}

}  // namespace souk::store
