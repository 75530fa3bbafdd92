// SPDX-License-Identifier: Apache-2.0
//
// A page either walks the list in its order and looks at each row's properties, or starts from the rows that one
// property has in its index. The latter wins where they are few, or come in the list's order.
#include "store/lists/listing.h"

namespace souk::store {

namespace {

// Counting costs as much as a page that comes in order: such a lead is left only for a much shorter one.
constexpr std::int64_t kFewBesideOrdered = 200;

// The lead with the fewest rows; none: the list is walked.
Result<const Lead*> choose(Tx& tx, const Listing& listing) {
  const std::vector<Lead>& leads = listing.filter.leads;
  const Lead* in_order = nullptr;
  for (const Lead& lead : leads) {
    if (in_order == nullptr && listing.by_id && lead.one_value) in_order = &lead;
  }
  if (leads.empty() || (leads.size() == 1 && in_order != nullptr)) return in_order;
  std::int64_t fewest = in_order != nullptr ? kFewBesideOrdered : kFewRows;
  std::vector<Value> parameters = listing.filter.probe_parameters;
  parameters.at(0) = fewest;
  const Rows counted = SOUK_TRY(tx.run(listing.filter.probe, parameters));
  const Lead* best = in_order;
  for (std::size_t i = 0; i < leads.size(); ++i) {
    const auto rows = SOUK_TRY(from_value<std::int64_t>(counted.rows.at(0).at(i)));
    if (rows >= fewest) continue;
    fewest = rows;
    best = &leads[i];
  }
  return best;
}

void replace(std::string& text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

}  // namespace

Result<Rows> read_page(Tx& tx, const PageSource& source, const Listing& listing) {
  const Lead* lead = SOUK_TRY(choose(tx, listing));
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

}  // namespace souk::store
