// SPDX-License-Identifier: Apache-2.0
#include "api/native/figures/topics.h"

#include <charconv>
#include <chrono>
#include <mutex>
#include <utility>

#include "api/native/figures/exposition.h"
#include "api/native/shapes.h"
#include "base/digest.h"
#include "registry/exchange/exchange.h"

namespace souk::api::native {

namespace {

using access::Call;
using access::Role;
using std::chrono::milliseconds;

// The text of /metrics, made once for all that are looked at in one round.
class Shown {
 public:
  explicit Shown(const Metrics& metrics) : metrics_(metrics) {}
  void forget() {
    const std::lock_guard lock(mutex_);
    text_.reset();
  }
  std::shared_ptr<const std::string> text() {
    const std::lock_guard lock(mutex_);
    if (!text_) text_ = std::make_shared<const std::string>(metrics_.render());
    return text_;
  }

 private:
  const Metrics& metrics_;
  std::mutex mutex_;
  std::shared_ptr<const std::string> text_;
};

// "namespace/name" in its two parts; without a namespace the first is empty.
std::pair<std::string, std::string> placed(const std::string& of) {
  const std::size_t slash = of.find('/');
  if (slash == std::string::npos) return {"", of};
  return {of.substr(0, slash), of.substr(slash + 1)};
}

// What tells one state of rows from another.
class Mark {
 public:
  Mark& add(std::string_view text) {
    text_.append(text) += '\n';
    return *this;
  }
  Mark& add(std::int64_t number) { return add(std::to_string(number)); }
  Mark& add(Time time) { return add(to_millis(time)); }
  template <class T>
  Mark& add(const std::optional<T>& value) {
    return value ? add(*value) : add("-");
  }
  Figure sample() const {
    Figure out;
    out.mark = sha256(text_).hex().substr(0, 16);
    return out;
  }

 private:
  std::string text_;
};

// --- who may -----------------------------------------------------------------------------------------------

Status anybody(const Call&, const std::string&) {
  return {};
}

auto admin_of_all(const Rooms& rooms) {
  return [&rooms](const Call& call, const std::string&) { return rooms.access.require_everywhere(call, Role::ADMIN); };
}

auto in_namespace(const Rooms& rooms, Role needed) {
  return [&rooms, needed](const Call& call, const std::string& of) -> Status {
    SOUK_TRY(rooms.access.get_namespace(call, needed, of));
    return {};
  };
}

auto reader_of_deployment(const Rooms& rooms) {
  return [&rooms](const Call& call, const std::string& of) -> Status {
    const auto [ns, slug] = placed(of);
    SOUK_TRY(rooms.serving.get(call, Role::READER, ns, slug));
    return {};
  };
}

// --- how each is measured ----------------------------------------------------------------------------------

Topic of_health(const FigureSources& sources, const std::shared_ptr<Shown>& shown) {
  return {.name = "health",
          .every = milliseconds(3000),
          .summary = "whether this node is ready, and its figures",
          .may = anybody,
          .sample = [shown, ready = sources.ready](const Call&, const std::string&) -> Result<Figure> {
            Figure out;
            out.health = health_in(*shown->text());
            const Status status = ready();
            out.health->ready = status.has_value();
            if (!status) out.health->reason = status.error().message;
            return out;
          }};
}

Topic of_deployment(const Rooms& rooms, const std::shared_ptr<Shown>& shown) {
  return {.name = "deployment",
          .of_object = true,
          .series = true,
          .summary = "requests, errors, latency, memory, queue and batches of a deployment on this node, as sums",
          .may = reader_of_deployment(rooms),
          .sample = [shown](const Call&, const std::string& of) -> Result<Figure> {
            Figure out;
            out.deployment = deployment_in(*shown->text(), of);
            return out;
          }};
}

Topic of_deployments(const Rooms& rooms) {
  return {.name = "deployments",
          .every = milliseconds(3000),
          .personal = true,
          .summary = "another mark as deployments that the caller may see are asked",
          .may = anybody,
          .sample = [&rooms](const Call& call, const std::string&) -> Result<Figure> {
            Mark mark;
            store::ListQuery query{.filter = "", .order_by = "id", .page_size = 1000};
            do {
              auto page = SOUK_TRY(rooms.serving.list(call, "", query));
              for (const serving::DeploymentView& one : page.items) {
                mark.add(one.deployment.id.value).add(one.metrics.requests).add(one.metrics.errors);
              }
              query.page_token = std::move(page.next_page_token);
            } while (!query.page_token.empty());
            return mark.sample();
          }};
}

Topic of_rollouts(const Rooms& rooms) {
  return {.name = "rollouts",
          .of_object = true,
          .every = milliseconds(1500),
          .summary = "another mark as the latest roll-out of a deployment goes on, with what it is judged by",
          .may = reader_of_deployment(rooms),
          .sample = [&rooms](const Call& call, const std::string& of) -> Result<Figure> {
            const auto [ns, slug] = placed(of);
            const auto deployment = SOUK_TRY(rooms.serving.get(call, Role::READER, ns, slug));
            const auto view = rooms.rollouts.get(deployment, 0);
            Mark mark;
            if (!view) return view.error().code == Code::not_found ? mark.sample() : Result<Figure>(view.error());
            mark.add(view->rollout.number).add(view->rollout.generation);
            for (const serving::RolloutStep& step : view->steps) mark.add(step.step).add(step.analysis.text);
            return mark.sample();
          }};
}

Topic of_work(const Rooms& rooms) {
  return {.name = "work",
          .summary = "queues, schedules, nodes and leases, as their lists show them; for admins",
          .may = admin_of_all(rooms),
          .sample = [&rooms](const Call&, const std::string&) -> Result<Figure> {
            Figure out;
            out.work = SOUK_TRY(work_now(rooms));
            return out;
          }};
}

void add(Mark& mark, const work::Item& item) {
  mark.add(item.id.value)
      .add(json::enum_name(item.state))
      .add(item.attempts)
      .add(item.update_time)
      .add(item.checkpoint.text);
}

Topic of_queue(const Rooms& rooms) {
  return {.name = "queue",
          .of_object = true,
          .summary = "another mark as the items of a queue change; for admins",
          .may = admin_of_all(rooms),
          .sample = [&rooms](const Call&, const std::string& of) -> Result<Figure> {
            Mark mark;
            for (const work::QueueStatus& queue : SOUK_TRY(rooms.work.queues())) {
              if (queue.name == of) mark.add(queue.waiting).add(queue.delayed).add(queue.running).add(queue.dead);
            }
            const auto newest = SOUK_TRY(
                rooms.work.items(of, {.filter = "", .order_by = "id desc"}, SOUK_TRY(rooms.access.page_token_key())));
            for (const work::Item& item : newest.items) add(mark, item);
            return mark.sample();
          }};
}

Topic of_item(const Rooms& rooms) {
  return {.name = "queue_item",
          .of_object = true,
          .summary = "another mark as an item of a queue (queue/id) goes on; for admins",
          .may = admin_of_all(rooms),
          .sample = [&rooms](const Call&, const std::string& of) -> Result<Figure> {
            const auto [queue, number] = placed(of);
            std::int64_t id = 0;
            std::from_chars(number.data(), number.data() + number.size(), id);
            Mark mark;
            add(mark, SOUK_TRY(rooms.work.get(queue, work::ItemId(id))));
            return mark.sample();
          }};
}

Topic of_webhook(const Rooms& rooms) {
  return {.name = "webhook",
          .of_object = true,
          .summary = "another mark as a webhook (namespace/name) delivers; for admins of the namespace",
          .may = [&rooms](const Call& call, const std::string& of) -> Status {
            const auto [ns, name] = placed(of);
            SOUK_TRY(rooms.webhooks.get(call, ns, name));
            return {};
          },
          .sample = [&rooms](const Call& call, const std::string& of) -> Result<Figure> {
            const auto [ns, name] = placed(of);
            const auto shown = SOUK_TRY(rooms.webhooks.get(call, ns, name));
            Mark mark;
            mark.add(shown.webhook.update_time).add(shown.webhook.failures).add(shown.webhook.cursor);
            mark.add(json::enum_name(shown.state));
            for (const auto& one : SOUK_TRY(rooms.webhooks.deliveries(call, ns, name, {})).items) {
              mark.add(one.id.value).add(json::enum_name(one.state)).add(one.attempts).add(one.update_time);
            }
            return mark.sample();
          }};
}

Topic of_transfers(const Rooms& rooms) {
  return {.name = "transfers",
          .of_object = true,
          .every = milliseconds(1000),
          .summary = "another mark as exports and imports of a namespace go on; for its writers",
          .may = in_namespace(rooms, Role::WRITER),
          .sample = [&rooms](const Call& call, const std::string& of) -> Result<Figure> {
            Mark mark;
            for (const auto kind : {registry::TransferKind::EXPORT, registry::TransferKind::IMPORT}) {
              for (const registry::Transfer& one : SOUK_TRY(rooms.exchange->list(call, of, kind))) {
                mark.add(one.id.value).add(json::enum_name(one.state)).add(json::enum_name(one.phase));
                mark.add(one.done_bytes).add(one.entries).add(one.applied).add(one.update_time);
              }
            }
            return mark.sample();
          }};
}

Topic of_model_runs(const Rooms& rooms) {
  return {.name = "model_runs",
          .every = milliseconds(3000),
          .personal = true,
          .summary = "another mark as invocations that the caller may see are recorded",
          .may = anybody,
          .sample = [&rooms](const Call& call, const std::string&) -> Result<Figure> {
            Mark mark;
            const auto newest =
                SOUK_TRY(rooms.model_runs.list(call, false, {.filter = "", .order_by = "id desc", .page_size = 20}));
            for (const tasks::ModelRun& run : newest.items) mark.add(run.id.value).add(run.update_time);
            return mark.sample();
          }};
}

Topic of_audit(const Rooms& rooms) {
  return {.name = "audit",
          .every = milliseconds(3000),
          .summary = "another mark as something is done or refused; for admins",
          .may = admin_of_all(rooms),
          .sample = [&rooms](const Call& call, const std::string&) -> Result<Figure> {
            Mark mark;
            const auto newest = SOUK_TRY(rooms.audit.list(call, "", {.filter = "", .order_by = "", .page_size = 1}));
            for (const access::AuditEvent& one : newest.items) mark.add(one.id.value);
            return mark.sample();
          }};
}

Topic of_namespace_audit(const Rooms& rooms) {
  Topic topic = of_audit(rooms);
  topic.name = "namespace_audit";
  topic.of_object = true;
  topic.summary = "likewise, of a namespace; for its admins";
  topic.may = in_namespace(rooms, Role::ADMIN);
  topic.sample = [&rooms](const Call& call, const std::string& of) -> Result<Figure> {
    Mark mark;
    const auto newest = SOUK_TRY(rooms.audit.list(call, of, {.filter = "", .order_by = "", .page_size = 1}));
    for (const access::AuditEvent& one : newest.items) mark.add(one.id.value);
    return mark.sample();
  };
  return topic;
}

Topic of_backups(const Rooms& rooms, const FigureSources& sources) {
  return {.name = "backups",
          .every = milliseconds(10'000),
          .summary = "another mark as backups are made, read back or dropped; for admins",
          .may = admin_of_all(rooms),
          .sample = [read = sources.backups](const Call&, const std::string&) -> Result<Figure> {
            Mark mark;
            for (const BackupRecord& one : SOUK_TRY(read())) {
              mark.add(one.machine).add(one.place).add(one.name).add(one.verify_time).add(one.damage);
            }
            return mark.sample();
          }};
}

Topic of_catalogue(const FigureSources& sources) {
  return {.name = "catalogue",
          .summary = "another mark as a source of the catalogue is read again, or breaks",
          .may = anybody,
          .sample = [state = sources.catalogue](const Call&, const std::string&) -> Result<Figure> {
            return Mark().add(state()).sample();
          }};
}

}  // namespace

FigureTopics figure_topics(const Rooms& rooms, FigureSources sources) {
  const auto shown = std::make_shared<Shown>(sources.metrics);
  return {
      {of_health(sources, shown), of_deployment(rooms, shown), of_deployments(rooms), of_rollouts(rooms),
       of_work(rooms), of_queue(rooms), of_item(rooms), of_webhook(rooms), of_transfers(rooms), of_model_runs(rooms),
       of_audit(rooms), of_namespace_audit(rooms), of_backups(rooms, sources), of_catalogue(sources)},
      [shown] { shown->forget(); }};
}

}  // namespace souk::api::native
