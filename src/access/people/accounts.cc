// SPDX-License-Identifier: Apache-2.0
//
// Service accounts: programs that act in a namespace's name. They have no password, only keys.
#include "access/idempotency.h"
#include "access/people/rows.h"

namespace souk::access {

namespace {

constexpr std::size_t kMaxDisplayName = 250;
constexpr std::size_t kMostOfANamespace = 1000;

ServiceAccount shape(const PrincipalRow& row) {
  return {row.id, row.name, row.display_name, row.state, row.create_time};
}

Result<PrincipalRow> get_account(store::Tx& tx, const Namespace& ns, std::string_view name) {
  return get_principal(tx, PrincipalKind::SERVICE_ACCOUNT, ns.slug + "/" + std::string(name));
}

Change change_of(const char* type, const PrincipalRow& row, const Namespace& ns) {
  return {.type = type, .kind = "service_account", .id = row.id.value, .name = row.name, .ns = &ns};
}

}  // namespace

Result<std::vector<ServiceAccount>> People::list_service_accounts(const Call& call, std::string_view ns) const {
  const auto in = SOUK_TRY(access_.get_namespace(call, Role::ADMIN, ns));
  static const std::string sql =
      "SELECT " + store::columns<PrincipalRow>() + " FROM principals WHERE namespace_id = $1 ORDER BY name";
  auto rows = SOUK_TRY(state_.store.read([&](store::Tx& tx) { return tx.all<PrincipalRow>(sql, in->id); }));
  std::vector<ServiceAccount> out;
  for (const PrincipalRow& row : rows) out.push_back(shape(row));
  return out;
}

Result<ServiceAccount> People::create_service_account(const Call& call, std::string_view ns, NewServiceAccount wanted) {
  const auto in = SOUK_TRY(access_.get_namespace(call, Role::ADMIN, ns));
  if (Status slug = check_slug(wanted.name); !slug) return std::move(slug.error()).at("name");
  SOUK_TRY(check_text(wanted.display_name, kMaxDisplayName, "display_name"));
  SOUK_TRY(not_above(wanted.role, in.role()));
  const auto made = SOUK_TRY(state_.store.write([&](store::Tx& tx) {
    return once<PrincipalRow>(
        tx, call, [&] { return "create_service_account " + in->slug + json::write(wanted); },
        [&]() -> Result<PrincipalRow> {
          const auto count =
              SOUK_TRY(tx.scalar<std::int64_t>("SELECT COUNT(*) FROM principals WHERE namespace_id = $1", in->id));
          if (count.value_or(0) >= static_cast<std::int64_t>(kMostOfANamespace)) {
            return failed_precondition("namespace " + in->slug + " has 1000 service accounts, the most there may be");
          }
          PrincipalRow row{.name = in->slug + "/" + wanted.name,
                           .kind = PrincipalKind::SERVICE_ACCOUNT,
                           .display_name = wanted.display_name,
                           .namespace_id = in->id,
                           .create_time = now()};
          row.id = SOUK_TRY(insert_principal(tx, row, in->slug));
          SOUK_TRY(put_grant(tx, call, row.id, in->resource(), wanted.role));
          Change change = change_of("service_account.created", row, *in);
          change.detail = json::write(wanted);
          SOUK_TRY(state_.append(tx, call, change));
          return row;
        });
  }));
  return shape(made);
}

Result<ServiceAccount> People::update_service_account(const Call& call, std::string_view ns, std::string_view name,
                                                      const json::Patch<std::string>& display_name,
                                                      const json::Patch<PrincipalState>& state) {
  const auto in = SOUK_TRY(access_.get_namespace(call, Role::ADMIN, ns));
  if (display_name.has_value()) SOUK_TRY(check_text(display_name.value, kMaxDisplayName, "display_name"));
  if (state.is_null()) return invalid_argument("state may not be null").at("state");
  return state_.store.write([&](store::Tx& tx) -> Result<ServiceAccount> {
    PrincipalRow row = SOUK_TRY(get_account(tx, *in, name));
    if (display_name.given()) row.display_name = display_name.value;
    if (state.given()) row.state = state.value;
    SOUK_TRY(tx.exec("UPDATE principals SET display_name = $1, state = $2 WHERE id = $3", row.display_name, row.state,
                     row.id));
    Change change = change_of("service_account.updated", row, *in);
    change.detail = json::write(shape(row));
    change.touched.subjects = {row.id.value};
    SOUK_TRY(state_.append(tx, call, change));
    return shape(row);
  });
}

Status People::delete_service_account(const Call& call, std::string_view ns, std::string_view name) {
  const auto in = SOUK_TRY(access_.get_namespace(call, Role::ADMIN, ns));
  return state_.store.write([&](store::Tx& tx) -> Status {
    const PrincipalRow row = SOUK_TRY(get_account(tx, *in, name));
    SOUK_TRY(delete_principal(tx, row.id));
    Change change = change_of("service_account.deleted", row, *in);
    change.touched = {.subjects = {row.id.value}, .holders = {row.id.value}};
    return state_.append(tx, call, change);
  });
}

}  // namespace souk::access
