// SPDX-License-Identifier: Apache-2.0
#include "access/idempotency.h"
#include "access/state.h"

namespace souk::access {

namespace {

constexpr std::size_t kMaxDescription = 64 << 10;

// The slug that a caller means by an empty one.
std::string_view meant(const Call& call, std::string_view slug) {
  if (!slug.empty()) return slug;
  if (!call.namespace_.empty() || !call.principal) return call.namespace_;
  return call.principal->default_namespace;
}

Result<Namespace> insert_namespace(store::Tx& tx, const Call& call, const Namespace& wanted) {
  Namespace made = wanted;
  const auto id = SOUK_TRY(tx.scalar<NamespaceId>(
      "INSERT INTO namespaces (uid, slug, name, description, create_time) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT DO NOTHING RETURNING id",
      made.uid, made.slug, made.name, made.description, made.create_time));
  if (!id) {
    const auto taken = SOUK_TRY(tx.scalar<std::int64_t>("SELECT 1 FROM namespaces WHERE slug = $1", made.slug));
    return already_exists("a namespace with the " + (taken ? "slug '" + made.slug : "name '" + made.name) +
                          "' exists already")
        .at(taken ? "slug" : "name");
  }
  made.id = *id;
  if (call.principal->id) {
    SOUK_TRY(
        tx.exec("INSERT INTO grants (principal_id, namespace_id, kind, object_id, role, create_time) "
                "VALUES ($1, $2, NULL, 0, $3, $4)",
                call.principal->id, made.id, Role::OWNER, made.create_time));
  }
  return made;
}

}  // namespace

Result<std::optional<Namespace>> Access::find_namespace(const Call& call, std::string_view slug) const {
  return state_->directory.find(meant(call, slug));
}

Result<Authorized<NamespaceRef>> Access::get_namespace(const Call& call, Role needed, std::string_view slug) const {
  auto found = SOUK_TRY(find_namespace(call, slug));
  if (!found) return not_found("namespace " + as_shown(meant(call, slug)) + " does not exist");
  return authorize(call, needed, NamespaceRef{std::move(*found)});
}

Result<std::string> Access::namespace_slug(NamespaceId id) const {
  auto found = SOUK_TRY(state_->directory.find(id));
  if (!found) return not_found("namespace " + std::to_string(id.value) + " does not exist");
  return std::move(found->slug);
}

Result<std::vector<Namespace>> Access::list_namespaces(const Call& call) const {
  const auto all = SOUK_TRY(state_->directory.all());
  std::vector<Namespace> out;
  for (const auto& [slug, one] : all->by_slug) {
    if (call.principal && call.principal->role_in(one.id) >= Role::READER) out.push_back(one);
  }
  return out;
}

Result<Namespace> Access::create_namespace(const Call& call, std::string name, std::string slug,
                                           std::string description) {
  SOUK_TRY(require_everywhere(call, Role::ADMIN));
  if (name.empty()) name = slug;
  SOUK_TRY(check_name(name, "name"));
  if (slug.empty()) slug = SOUK_TRY(slug_of(name));
  SOUK_TRY(check_slug(slug));
  SOUK_TRY(check_text(description, kMaxDescription, "description"));
  const Namespace wanted{{}, new_uid(), std::move(slug), std::move(name), std::move(description), now(), {}};
  return state_->store.write([&](store::Tx& tx) {
    return once<Namespace>(
        tx, call,
        [&] {
          return "create_namespace" + json::write(std::vector{wanted.slug, wanted.name, wanted.description});
        },
        [&]() -> Result<Namespace> {
          Namespace made = SOUK_TRY(insert_namespace(tx, call, wanted));
          SOUK_TRY(add_resource(tx, NamespaceRef{made}.resource()));
          SOUK_TRY(state_->append(tx, call,
                                  {.type = "namespace.created",
                                   .kind = "namespace",
                                   .id = made.id.value,
                                   .name = made.slug,
                                   .ns = &made,
                                   .touched = {.subjects = subjects_of(call), .namespaces = true}}));
          return made;
        });
  });
}

}  // namespace souk::access
