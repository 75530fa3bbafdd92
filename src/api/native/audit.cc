// SPDX-License-Identifier: Apache-2.0
#include "access/audit/audit.h"

#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

constexpr std::int64_t kExportPage = 1000;

struct AuditList {
  std::vector<access::AuditEvent> audit_events;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(AuditList, (), (audit_events, next_page_token))
struct ListAudit : ListFields {};
BOOST_DESCRIBE_STRUCT(ListAudit, (ListFields), ())
struct ListAuditOf : ListFields {
  std::string ns;
};
BOOST_DESCRIBE_STRUCT(ListAuditOf, (ListFields), (ns))
struct Unchained {
  std::int64_t unchained = 0;
};
BOOST_DESCRIBE_STRUCT(Unchained, (), (unchained))

Result<AuditList> list(const Rooms& rooms, const access::Call& call, std::string_view ns, const ListFields& fields) {
  auto page = SOUK_TRY(rooms.audit.list(call, ns, SOUK_TRY(list_query(fields))));
  return AuditList{std::move(page.items), page_token_of(page.next_page_token)};
}

Result<std::int64_t> position_of(const Exchange& exchange) {
  std::int64_t after = 0;
  if (const auto text = SOUK_TRY(exchange.query("after"))) SOUK_TRY(detail::parse_text("after", *text, after));
  return after;
}

// JSON lines in the chain's order, each a link with its row; the last says how many rows are not chained yet.
void send_chain(const Rooms& rooms, const ExchangePtr& exchange) {
  auto after = position_of(*exchange);
  if (!after) return exchange->fail(after.error());
  auto links = rooms.audit.read_chain(exchange->call, *after, kExportPage);
  if (!links) return exchange->fail(links.error());
  exchange->start({.status = 200, .headers = {{"Content-Type", "application/x-ndjson"}}, .content_length = {}});
  while (!links->empty()) {
    std::string text;
    for (const access::ChainedEvent& link : *links) text += json::write(link) + "\n";
    if (!exchange->stream->write(std::move(text))) return exchange->stream->abort();
    links = rooms.audit.read_chain(exchange->call, links->back().position, kExportPage);
    if (!links) return exchange->stream->abort();
  }
  const auto open = rooms.audit.unchained(exchange->call);
  if (!open || !exchange->stream->write(json::write(Unchained{*open}) + "\n")) return exchange->stream->abort();
  exchange->stream->finish();
}

}  // namespace

void add_audit(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListAudit, AuditList>(
      "GET", "/api/v1/audit_events", kAdmin, kUsual, {"list_audit_events", "Who did what, and what was refused"},
      [&rooms](const access::Call& call, const ListAudit& request) { return list(rooms, call, "", request); }));
  door.add(plain<ListAuditOf, AuditList>("GET", "/api/v1/namespaces/{ns}/audit_events", kAdmin, kUsual,
                                         {"list_namespace_audit_events", "Who changed what in a namespace"},
                                         [&rooms](const access::Call& call, const ListAuditOf& request) {
                                           return list(rooms, call, request.ns, request);
                                         }));
  Route route{"GET",     "/api/v1/audit_events:export",
              kAdmin,    {.max_bytes = 0},
              Form::raw, [&rooms](const ExchangePtr& exchange) { send_chain(rooms, exchange); },
              {}};
  route.doc.operation_id = "export_audit_events";
  route.doc.summary = "The audit log in its chain's order, as JSON lines that `souk audit verify` checks";
  route.doc.parameters = {{"after", "query", false, R"({"type":"integer"})", "The last position seen"}};
  route.doc.response_schema = R"({"type":"string"})";
  route.doc.response_type = "application/x-ndjson";
  door.add(std::move(route));
}

}  // namespace souk::api::native
