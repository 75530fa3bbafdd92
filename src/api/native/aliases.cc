// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct AliasList {
  std::vector<Alias> aliases;
};
BOOST_DESCRIBE_STRUCT(AliasList, (), (aliases))
struct AliasHistory {
  std::vector<registry::AliasChange> changes;  // newest first
};
BOOST_DESCRIBE_STRUCT(AliasHistory, (), (changes))

struct ListAliases {
  std::string ns, model;
};
BOOST_DESCRIBE_STRUCT(ListAliases, (), (ns, model))
struct OneAlias {
  std::string ns, model, alias;
};
BOOST_DESCRIBE_STRUCT(OneAlias, (), (ns, model, alias))

struct AliasTarget {
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AliasTarget, (), (version))
struct SetAlias {
  std::string ns, model, alias;
  AliasTarget body;
};
BOOST_DESCRIBE_STRUCT(SetAlias, (), (ns, model, alias, body))

}  // namespace

void add_aliases(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<ListAliases, AliasList>(
      "GET", "/api/v1/namespaces/{ns}/models/{model}/aliases", kReader, kUsual, {"list_aliases", "Aliases of a model"},
      [&rooms](const access::Call& call, const ListAliases& request) -> Result<AliasList> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, request.ns, request.model));
        AliasList out;
        for (const registry::Alias& alias : SOUK_TRY(rooms.registry.list_aliases(model)))
          out.aliases.push_back(shape(alias));
        return out;
      }));
  door.add(plain<SetAlias, Alias>(
      "PUT", "/api/v1/namespaces/{ns}/models/{model}/aliases/{alias}", kWriter, kUsual,
      {"set_alias", "Point an alias at a version"},
      [&rooms](const access::Call& call, const SetAlias& request) -> Result<Alias> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::WRITER, request.ns, request.model));
        return shape(
            SOUK_TRY(rooms.registry.set_alias(call, model, request.alias, std::to_string(request.body.version))));
      }));
  door.add(plain<OneAlias, NoContent>("DELETE", "/api/v1/namespaces/{ns}/models/{model}/aliases/{alias}", kWriter,
                                      kUsual, {"delete_alias", "Remove an alias"},
                                      [&rooms](const access::Call& call, const OneAlias& request) -> Result<NoContent> {
                                        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::WRITER,
                                                                                       request.ns, request.model));
                                        SOUK_TRY(rooms.registry.remove_alias(call, model, request.alias));
                                        return NoContent{};
                                      }));
  door.add(plain<OneAlias, AliasHistory>(
      "GET", "/api/v1/namespaces/{ns}/models/{model}/aliases/{alias}/history", kReader, kUsual,
      {"list_alias_changes", "Where an alias pointed, newest first"},
      [&rooms](const access::Call& call, const OneAlias& request) -> Result<AliasHistory> {
        auto model = SOUK_TRY(rooms.registry.get_model(call, access::Role::READER, request.ns, request.model));
        return AliasHistory{SOUK_TRY(rooms.registry.alias_history(model, request.alias))};
      }));
}

}  // namespace souk::api::native
