// SPDX-License-Identifier: Apache-2.0
#include "cli/registry/webhook_commands.h"

#include "base/settings_forms.h"
#include "cli/follow.h"
#include "cli/reference.h"

namespace souk::cli {
namespace {

struct Options {
  std::string name, url, description, secret, overlap, state, after, since;
  std::vector<std::string> events;
  bool active = false, paused = false;
  std::int64_t delivery = 0;
};

struct NewWebhook {
  std::string name, url;
  std::optional<std::vector<std::string>> events;
  std::optional<std::string> description, secret;
  std::optional<bool> active;
};
BOOST_DESCRIBE_STRUCT(NewWebhook, (), (name, url, events, description, secret, active))
struct Patch {
  std::optional<std::string> url, description;
  std::optional<std::vector<std::string>> events;
  std::optional<bool> active;
};
BOOST_DESCRIBE_STRUCT(Patch, (), (url, description, events, active))
struct Rotation {
  std::optional<std::string> secret, overlap;
};
BOOST_DESCRIBE_STRUCT(Rotation, (), (secret, overlap))
struct Replay {
  std::optional<std::string> after;
  std::optional<std::int64_t> delivery;
  std::optional<Time> since;
};
BOOST_DESCRIBE_STRUCT(Replay, (), (after, delivery, since))

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string path_of(const Name& name) {
  return api_path({"namespaces", name.namespace_, "webhooks", name.slug});
}

Result<std::string> path_of(const Options& options) {
  return path_of(SOUK_TRY(parse_name(options.name, "webhook")));
}

const std::vector<Column>& columns() {
  static const std::vector<Column> all{
      {"WEBHOOK", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "name"); }},
      {"STATE", "state"},
      {"EVENTS", "events"},
      {"URL", "url"},
      {"FAILURES", "failures"},
      {"LAST ERROR", "last_error"}};
  return all;
}

std::string webhook_card(json::Value webhook) {
  return card({{"Webhook", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "name"); }},
               {"State", "state"},
               {"Why paused", "pause_reason"},
               {"URL", "url"},
               {"Events", "events"},
               {"Description", "description"},
               {"Failing since", "failing_since"},
               {"Failures in a row", "failures"},
               {"Last error", "last_error"},
               {"Old secret until", "old_secret_end"},
               {"Created", "create_time"},
               {"Secret (shown once)", "secret"}},
              webhook);
}

const std::vector<Column>& delivery_columns() {
  static const std::vector<Column> all{{"DELIVERY", "id"},    {"TYPE", "type"},           {"OBJECT", "object"},
                                       {"STATE", "state"},    {"ATTEMPTS", "attempts"},   {"CODE", "response_code"},
                                       {"NEXT", "next_time"}, {"CREATED", "create_time"}, {"ERROR", "error"}};
  return all;
}

Status create(const Context& context, const Options& options) {
  const Name name = SOUK_TRY(parse_name(options.name, "webhook"));
  NewWebhook wanted{name.slug, options.url, std::nullopt, given(options.description), given(options.secret), {}};
  if (!options.events.empty()) wanted.events = options.events;
  if (options.paused) wanted.active = false;
  const auto made =
      SOUK_TRY(context.remote.send("POST", api_path({"namespaces", name.namespace_, "webhooks"}), json::write(wanted)));
  context.out.print(made.root(), [&] { return webhook_card(made.root()); });
  context.out.remark("next: souk webhook test " + name.string());
  return {};
}

Status list(const Context& context, const std::string& ns) {
  const auto answer = SOUK_TRY(context.remote.get(api_path({"namespaces", ns, "webhooks"})));
  context.out.print(answer.root(), [&] {
    const auto rows = rows_of(answer, "webhooks");
    return rows.empty() ? "nobody is told of events in " + ns + "\n" : table(columns(), rows);
  });
  return {};
}

Status show(const Context& context, const Options& options) {
  const auto answer = SOUK_TRY(context.remote.get(SOUK_TRY(path_of(options))));
  context.out.print(answer.root(), [&] { return webhook_card(answer.root()); });
  return {};
}

Status update(const Context& context, const Options& options) {
  if (options.active && options.paused) return invalid_argument("--active and --paused exclude each other");
  Patch patch{given(options.url), given(options.description), std::nullopt, std::nullopt};
  if (!options.events.empty()) patch.events = options.events;
  if (options.active || options.paused) patch.active = options.active;
  const auto answer = SOUK_TRY(context.remote.send("PATCH", SOUK_TRY(path_of(options)), json::write(patch)));
  context.out.print(answer.root(), [&] { return webhook_card(answer.root()); });
  return {};
}

Status remove(const Context& context, const Options& options) {
  const Name name = SOUK_TRY(parse_name(options.name, "webhook"));
  SOUK_TRY(context.confirm("delete webhook " + name.string() + " and its deliveries"));
  SOUK_TRY(context.remote.send("DELETE", path_of(name), ""));
  context.out.remark("deleted webhook " + name.string());
  return {};
}

Status rotate(const Context& context, const Options& options) {
  const auto answer =
      SOUK_TRY(context.remote.send("POST", SOUK_TRY(path_of(options)) + ":rotate",
                                   json::write(Rotation{given(options.secret), given(options.overlap)})));
  context.out.print(answer.root(), [&] { return webhook_card(answer.root()); });
  return {};
}

Status deliveries(const Context& context, const Options& options) {
  std::string path = SOUK_TRY(path_of(options)) + "/deliveries";
  if (!options.state.empty()) path += "?filter=" + net::encode_query_value("state = '" + options.state + "'");
  const auto answer = SOUK_TRY(context.remote.list(path, "deliveries", 1000));
  context.out.print(answer.root(), [&] {
    const auto rows = rows_of(answer, "deliveries");
    return rows.empty() ? std::string("nothing was told yet\n") : table(delivery_columns(), rows);
  });
  return {};
}

Status replay(const Context& context, const Options& options) {
  const std::string path = SOUK_TRY(path_of(options));
  Replay from;
  if (!options.since.empty()) {
    const auto duration = settings::parse_duration(options.since);
    from.since = duration ? now() - *duration : SOUK_TRY(parse_rfc3339(options.since));
  }
  if (options.delivery != 0) from.delivery = options.delivery;
  if (!options.after.empty()) from.after = options.after == "start" ? "" : options.after;
  const auto answer = SOUK_TRY(context.remote.send("POST", path + ":replay", json::write(from)));
  context.out.print(answer.root(), [&] { return webhook_card(answer.root()); });
  context.out.remark("next: souk webhook deliveries " + options.name);
  return {};
}

Status redeliver(const Context& context, const Options& options) {
  const auto answer = SOUK_TRY(context.remote.send(
      "POST", SOUK_TRY(path_of(options)) + "/deliveries/" + std::to_string(options.delivery) + ":redeliver", "{}"));
  context.out.print(answer.root(), [&] { return card(delivery_columns(), answer.root()); });
  return {};
}

Status test(const Context& context, const Options& options) {
  const Name name = SOUK_TRY(parse_name(options.name, "webhook"));
  const auto asked = SOUK_TRY(context.remote.send("POST", path_of(name) + ":test", "{}"));
  const auto done = SOUK_TRY(follow_to_end(
      context, "ping " + name.string(), path_of(name) + "/deliveries/" + cell(asked.root(), "id"),
      "/api/v1/events?types=webhook.*&namespace=" + net::encode_query_value(name.namespace_), {"PENDING"}));
  context.out.print(done.root(), [&] { return card(delivery_columns(), done.root()); });
  if (cell(done.root(), "state") == "DELIVERED") return {};
  return failed_precondition("the ping was not delivered: " + cell(done.root(), "error"))
      .advise("souk webhook show " + name.string());
}

}  // namespace

void add_webhooks(CommandLine& line) {
  auto o = std::make_shared<Options>();
  CLI::App* noun = line.noun(
      "webhook",
      "Tell others of events: create, list, show, update, delete, rotate, deliveries, replay, redeliver, test");
  const auto add = [&](const char* verb, const char* help, Status (*run)(const Context&, const Options&)) {
    CLI::App* sub = line.verb(noun, verb, help, [o, run](const Context& c) { return run(c, *o); });
    sub->add_option("webhook", o->name, "[namespace/]webhook")->required();
    return sub;
  };
  const auto about = [&](CLI::App* sub) {
    sub->add_option("--event", o->events, "Types of events, such as model.* (default: all)")->allow_extra_args(false);
    sub->add_option("--description", o->description, "What it is for");
    sub->add_flag("--paused", o->paused, "Send nothing");
  };
  CLI::App* make = add("create", "Tell a URL of a namespace's events", create);
  make->add_option("url", o->url, "http:// or https://")->required();
  make->add_option("--secret", o->secret, "whsec_… to sign with (default: one is made)");
  about(make);
  line.verb(noun, "list", "Webhooks of a namespace",
            [o](const Context& c) { return list(c, o->name.empty() ? std::string(kDefaultNamespace) : o->name); })
      ->add_option("namespace", o->name, "Its name (default: default)");
  add("show", "Show a webhook", show);
  CLI::App* patch = add("update", "Change a webhook, or send again after a pause", update);
  patch->add_option("--to", o->url, "Its URL");
  patch->add_flag("--active", o->active, "Send, from where it stopped");
  about(patch);
  add("delete", "Delete a webhook", remove);
  CLI::App* turn = add("rotate", "Give it another secret", rotate);
  turn->add_option("--secret", o->secret, "whsec_… (default: one is made)");
  turn->add_option("--overlap", o->overlap, "How long the old one signs too (default: 24h)");
  add("deliveries", "What was told, and what the receiver answered", deliveries)
      ->add_option("--state", o->state, "PENDING, DELIVERED or FAILED")
      ->check(CLI::IsMember({"PENDING", "DELIVERED", "FAILED"}).description(""))
      ->type_name("STATE");
  CLI::App* again = add("replay", "Tell again what happened from somewhere on", replay);
  again->add_option("--since", o->since, "A time, or how long ago: 2h");
  again->add_option("--delivery", o->delivery, "From the event of this delivery on");
  again->add_option("--after", o->after, "After this cursor of the event log; start: all that it has");
  add("redeliver", "Send one message again", redeliver)->add_option("delivery", o->delivery, "Its number")->required();
  add("test", "Send a ping, and show what came back", test);
}

}  // namespace souk::cli
