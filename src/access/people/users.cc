// SPDX-License-Identifier: Apache-2.0
#include "access/idempotency.h"
#include "access/people/rows.h"

namespace souk::access {

namespace {

using store::ColumnType;

constexpr std::size_t kMaxDisplayName = 250;

struct UserRow {
  PrincipalId id;
  std::string name;
  std::string display_name;
  PrincipalState state = PrincipalState::ACTIVE;
  std::optional<Role> role;
  bool has_password = false;
  Time create_time;
  std::optional<Time> sign_in_time;
};
BOOST_DESCRIBE_STRUCT(UserRow, (), (id, name, display_name, state, role, has_password, create_time, sign_in_time))

constexpr std::string_view kColumns =
    "p.id, p.name, p.display_name, p.state, (SELECT g.role FROM grants g WHERE g.namespace_id = 0 AND "
    "COALESCE(g.kind, '') = '' AND g.object_id = 0 AND COALESCE(g.principal_id, 0) = p.id), "
    "CASE WHEN p.password IS NULL THEN 0 ELSE 1 END, p.create_time, p.sign_in_time";

const store::ListSchema& schema(bool whole) {
  static const std::vector<store::FilterColumn> basic{{"id", "p.id", ColumnType::integer, true},
                                                      {"name", "p.name", ColumnType::text, true},
                                                      {"display_name", "p.display_name", ColumnType::text}};
  static const store::ListSchema part{.filter = {.columns = basic}, .id = "p.id", .default_order = "name"};
  static const store::ListSchema all = [] {
    store::ListSchema out = part;
    out.filter.columns.push_back({"state", "p.state", ColumnType::text});
    out.filter.columns.push_back({"create_time", "p.create_time", ColumnType::time, true});
    return out;
  }();
  return whole ? all : part;
}

bool manages_server(const Call& call) {
  return call.principal->role_everywhere() >= Role::ADMIN;
}

User shape(UserRow row, bool whole) {
  User user;
  user.id = row.id;
  user.name = std::move(row.name);
  user.display_name = std::move(row.display_name);
  if (!whole) return user;
  user.state = row.state;
  user.role = row.role.value_or(Role::NONE);
  user.has_password = row.has_password;
  user.create_time = row.create_time;
  user.sign_in_time = row.sign_in_time;
  return user;
}

Result<User> read_user(store::Tx& tx, PrincipalId id, bool whole) {
  static const std::string sql = "SELECT " + std::string(kColumns) + " FROM principals p WHERE p.id = $1";
  auto row = SOUK_TRY(tx.first<UserRow>(sql, id));
  if (!row) return not_found("user " + std::to_string(id.value) + " does not exist");
  return shape(std::move(*row), whole);
}

// A namespace of the principal's own, with its slug.
Result<Namespace> insert_own_namespace(Access& access, store::Tx& tx, PrincipalId owner, const std::string& slug) {
  Namespace own{{}, new_uid(), slug, slug, "", now(), owner};
  const auto id = SOUK_TRY(tx.scalar<NamespaceId>(
      "INSERT INTO namespaces (uid, slug, name, description, create_time, owner_id) VALUES ($1, $2, $3, $4, $5, $6) "
      "ON CONFLICT DO NOTHING RETURNING id",
      own.uid, own.slug, own.name, own.description, own.create_time, owner));
  if (!id) {
    return already_exists("the name '" + slug + "' is taken by a namespace, and each user and team has one of its name")
        .at("name");
  }
  own.id = *id;
  SOUK_TRY(access.add_resource(tx, NamespaceRef{own}.resource()));
  return own;
}

}  // namespace

Result<Namespace> add_owner(Access& access, store::Tx& tx, PrincipalRow& wanted) {
  wanted.create_time = now();
  wanted.id = SOUK_TRY(insert_principal(tx, wanted, wanted.name));
  return insert_own_namespace(access, tx, wanted.id, wanted.name);
}

People::People(Access& access) : access_(access), state_(access.state()) {}

Result<store::Page<User>> People::list_users(const Call& call, const store::ListQuery& query) const {
  SOUK_TRY(may_name_others(call));
  const bool whole = manages_server(call);
  const std::string key = SOUK_TRY(access_.page_token_key());
  const store::Listing listing =
      SOUK_TRY(compile_listing(query, schema(whole), state_.store.dialect(), key, "users", 1));
  std::vector<store::Value> parameters = listing.parameters;
  parameters.emplace_back(listing.fetch());
  const std::string sql = "SELECT " + std::string(kColumns) + ", " + listing.order_column +
                          " FROM principals p WHERE p.kind = 'USER' AND " + listing.where + " ORDER BY " +
                          listing.order + " LIMIT $" + std::to_string(parameters.size());
  auto rows = SOUK_TRY(state_.store.read([&](store::Tx& tx) { return tx.run(sql, parameters); }));
  auto page = SOUK_TRY(store::page_of<UserRow>(std::move(rows), listing, key));
  store::Page<User> out{{}, std::move(page.next_page_token)};
  for (UserRow& row : page.items) {
    const bool self = row.id == call.principal->id;
    out.items.push_back(shape(std::move(row), whole || self));
  }
  return out;
}

Result<User> People::get_user(const Call& call, std::string_view name) const {
  const bool self = call.principal->id && name == call.principal->name;
  if (!self) SOUK_TRY(may_name_others(call));
  return state_.store.read([&](store::Tx& tx) -> Result<User> {
    const PrincipalRow row = SOUK_TRY(get_principal(tx, PrincipalKind::USER, name));
    return read_user(tx, row.id, self || manages_server(call));
  });
}

Result<User> People::create_user(const Call& call, NewUser wanted) {
  SOUK_TRY(access_.require_everywhere(call, Role::ADMIN));
  SOUK_TRY(not_above(wanted.role, call.principal->role_everywhere()));
  SOUK_TRY(check_principal_name(wanted.name));
  SOUK_TRY(check_text(wanted.display_name, kMaxDisplayName, "display_name"));
  const auto id =
      SOUK_TRY(state_.store.write([&](store::Tx& tx) {
        return once<PrincipalRow>(
            tx, call, [&] { return "create_user" + json::write(wanted); },
            [&]() -> Result<PrincipalRow> {
              PrincipalRow row{.name = wanted.name, .kind = PrincipalKind::USER, .display_name = wanted.display_name};
              SOUK_TRY(add_owner(access_, tx, row));
              SOUK_TRY(put_grant(tx, call, row.id, everything(), wanted.role));
              SOUK_TRY(state_.append(tx, call,
                                     {.type = "user.created",
                                      .kind = "user",
                                      .id = row.id.value,
                                      .name = row.name,
                                      .detail = json::write(wanted),
                                      .touched = {.namespaces = true}}));
              return row;
            });
      })).id;
  return state_.store.read([&](store::Tx& tx) { return read_user(tx, id, true); });
}

Result<User> People::update_user(const Call& call, std::string_view name, const UserPatch& patch) {
  const bool self = call.principal->id && name == call.principal->name;
  const bool only_display = !patch.state.given() && !patch.role.given();
  if (!self || !only_display) SOUK_TRY(access_.require_everywhere(call, Role::ADMIN));
  if (patch.display_name.has_value()) SOUK_TRY(check_text(patch.display_name.value, kMaxDisplayName, "display_name"));
  if (patch.state.is_null()) return invalid_argument("state may not be null").at("state");
  return state_.store.write([&](store::Tx& tx) -> Result<User> {
    PrincipalRow row = SOUK_TRY(get_principal(tx, PrincipalKind::USER, name));
    Touched touched{.subjects = {row.id.value}};
    // An administrator does nothing to who stands above him.
    const Role before = SOUK_TRY(granted_role(tx, row.id, everything()));
    if (!self) SOUK_TRY(not_above(before, call.principal->role_everywhere()));
    if (patch.display_name.given()) row.display_name = patch.display_name.value;
    if (patch.state.given()) row.state = patch.state.value;
    SOUK_TRY(tx.exec("UPDATE principals SET display_name = $1, state = $2 WHERE id = $3", row.display_name, row.state,
                     row.id));
    if (patch.role.given()) {
      SOUK_TRY(not_above(patch.role.value, call.principal->role_everywhere()));
      SOUK_TRY(put_grant(tx, call, row.id, everything(), patch.role.value));
    }
    if (row.state == PrincipalState::DISABLED) {
      SOUK_TRY(tx.exec("DELETE FROM sessions WHERE principal_id = $1", row.id));
      SOUK_TRY(tx.exec("DELETE FROM password_links WHERE principal_id = $1", row.id));
      touched.holders = {row.id.value};
    }
    SOUK_TRY(keep_an_owner(tx));
    const User after = SOUK_TRY(read_user(tx, row.id, true));
    SOUK_TRY(state_.append(tx, call,
                           {.type = "user.updated",
                            .kind = "user",
                            .id = row.id.value,
                            .name = row.name,
                            .detail = json::write(after),
                            .touched = touched}));
    return after;
  });
}

Status People::delete_user(const Call& call, std::string_view name, std::string_view heir) {
  SOUK_TRY(access_.require_everywhere(call, Role::ADMIN));
  return state_.store.write([&](store::Tx& tx) -> Status {
    const PrincipalRow row = SOUK_TRY(get_principal(tx, PrincipalKind::USER, name));
    if (row.name == kAdmin) {
      return failed_precondition("the user admin stays: it owns what nobody else does").advise("disable it instead");
    }
    SOUK_TRY(not_above(SOUK_TRY(granted_role(tx, row.id, everything())), call.principal->role_everywhere()));
    const PrincipalRow to = SOUK_TRY(heir_of(tx, call, heir, row.id));
    SOUK_TRY(hand_over(tx, row.id, to));
    SOUK_TRY(delete_principal(tx, row.id));
    SOUK_TRY(keep_an_owner(tx));
    return state_.append(
        tx, call,
        {.type = "user.deleted",
         .kind = "user",
         .id = row.id.value,
         .name = row.name,
         .detail = json::write(std::map<std::string, std::string>{{"heir", to.name}}),
         .touched = {.subjects = {row.id.value, to.id.value}, .holders = {row.id.value}, .namespaces = true}});
  });
}

}  // namespace souk::access
