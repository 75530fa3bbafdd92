// SPDX-License-Identifier: Apache-2.0
//
// What operators see of the durable work, and of the nodes that do it. For admins of everything only.
#include "api/bind.h"
#include "api/native/figures/topics.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct QueueList {
  std::vector<work::QueueStatus> queues;
};
BOOST_DESCRIBE_STRUCT(QueueList, (), (queues))
struct OneQueue {
  std::string queue;
};
BOOST_DESCRIBE_STRUCT(OneQueue, (), (queue))

struct QueueItem {
  std::int64_t id = 0;
  std::string queue;
  std::optional<std::string> namespace_;
  work::ItemState state = work::ItemState::WAITING;
  std::int64_t priority = 0;
  std::int64_t attempts = 0;
  std::optional<std::string> error, key;
  json::Raw payload, checkpoint;
  Time create_time, update_time;
  std::optional<Time> deadline, due_time;
};
BOOST_DESCRIBE_STRUCT(QueueItem, (),
                      (id, queue, namespace_, state, priority, attempts, error, key, payload, checkpoint, create_time,
                       update_time, deadline, due_time))
struct ItemList {
  std::vector<QueueItem> items;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(ItemList, (), (items, next_page_token))
struct ListItems : ListFields {
  std::string queue;
};
BOOST_DESCRIBE_STRUCT(ListItems, (ListFields), (queue))
struct OneItem {
  std::string queue;
  std::int64_t item = 0;
};
BOOST_DESCRIBE_STRUCT(OneItem, (), (queue, item))
struct Count {
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(Count, (), (count))

struct NodeList {
  std::vector<work::Node> nodes;
};
BOOST_DESCRIBE_STRUCT(NodeList, (), (nodes))
struct LeaseList {
  std::vector<Lease> leases;
};
BOOST_DESCRIBE_STRUCT(LeaseList, (), (leases))
struct ScheduleList {
  std::vector<WorkSchedule> schedules;
};
BOOST_DESCRIBE_STRUCT(ScheduleList, (), (schedules))

QueueItem shape(const Rooms& rooms, const work::Item& item) {
  QueueItem out{.id = item.id.value,
                .queue = item.queue,
                .namespace_ = std::nullopt,
                .state = item.state,
                .priority = item.priority,
                .attempts = item.attempts,
                .error = item.error.empty() ? std::nullopt : std::optional(item.error),
                .key = item.key,
                .payload = item.payload,
                .checkpoint = item.checkpoint,
                .create_time = item.create_time,
                .update_time = item.update_time,
                .deadline = item.deadline,
                .due_time = std::nullopt};
  if (item.state == work::ItemState::DELAYED) out.due_time = item.alarm_time;
  if (item.namespace_id) {
    if (auto slug = rooms.access.namespace_slug(item.namespace_id)) out.namespace_ = *slug;
  }
  return out;
}

Result<ItemList> list_items(const Rooms& rooms, const ListItems& request) {
  auto page =
      SOUK_TRY(rooms.work.items(request.queue, SOUK_TRY(list_query(request)), SOUK_TRY(rooms.access.page_token_key())));
  ItemList out;
  for (const work::Item& item : page.items) out.items.push_back(shape(rooms, item));
  out.next_page_token = page_token_of(page.next_page_token);
  return out;
}

Result<work::QueueStatus> find_queue(const Rooms& rooms, const std::string& name) {
  for (work::QueueStatus& status : SOUK_TRY(rooms.work.queues())) {
    if (status.name == name) return std::move(status);
  }
  return not_found("queue " + access::as_shown(name) + " does not exist").advise("GET /api/v1/queues lists them");
}

Result<LeaseList> list_leases(const Rooms& rooms) {
  const auto nodes = SOUK_TRY(rooms.nodes.list());
  LeaseList out;
  for (const work::LeaseRow& row : SOUK_TRY(rooms.leases.list())) {
    Lease lease{row.name, std::nullopt, row.token, row.take_time};
    for (const work::Node& node : nodes) {
      if (node.id == row.node_id) lease.node = node.name;
    }
    out.leases.push_back(std::move(lease));
  }
  return out;
}

Result<ScheduleList> list_schedules(const Rooms& rooms) {
  ScheduleList out;
  for (const work::Schedule& one : SOUK_TRY(rooms.work.schedules())) {
    out.schedules.push_back({one.name, one.cron, one.zone, one.queue, one.next_time, one.last_time});
  }
  return out;
}

// Adds a route whose caller is an admin of everything; `f` may ask for the call too.
template <class Req, class Res, class F>
void add(RouteTable::Door& door, const Rooms& rooms, const char* method, const char* pattern, Doc doc, F f) {
  door.add(plain<Req, Res>(method, pattern, kAdmin, kUsual, std::move(doc),
                           [&rooms, f](const access::Call& call, const Req& request) -> Result<Res> {
                             SOUK_TRY(rooms.access.require_everywhere(call, access::Role::ADMIN));
                             if constexpr (std::is_invocable_v<const F&, const access::Call&, const Req&>) {
                               return f(call, request);
                             } else {
                               return f(request);
                             }
                           }));
}

// Tells what an operator did with an item, for the pages that show it and for the audit.
work::Work::Also tell(const Rooms& rooms, const access::Call& call, const char* type) {
  return [&rooms, &call, type](store::Tx& tx, const work::Item& item) {
    events::NewEvent event{.type = type, .kind = "queue_item", .id = item.id.value, .name = item.queue};
    access::sign(event, call);
    return rooms.events.append(tx, event);
  };
}

void add_items(RouteTable::Door& door, const Rooms& rooms) {
  add<ListItems, ItemList>(
      door, rooms, "GET", "/api/v1/queues/{queue}/items",
      {"list_queue_items", "Items of a queue: what waits, runs, or failed for good (filter=state = 'DEAD')"},
      [&rooms](const ListItems& request) { return list_items(rooms, request); });
  add<OneItem, QueueItem>(door, rooms, "GET", "/api/v1/queues/{queue}/items/{item}",
                          {"get_queue_item", "One item of a queue"},
                          [&rooms](const OneItem& request) -> Result<QueueItem> {
                            return shape(rooms, SOUK_TRY(rooms.work.get(request.queue, work::ItemId(request.item))));
                          });
  add<OneItem, NoContent>(
      door, rooms, "POST", "/api/v1/queues/{queue}/items/{item}:retry",
      {"retry_queue_item", "Try an item again that failed for good", 204},
      [&rooms](const access::Call& call, const OneItem& request) -> Result<NoContent> {
        SOUK_TRY(rooms.work.retry(request.queue, work::ItemId(request.item), tell(rooms, call, "queue_item.retried")));
        return NoContent{};
      });
  add<OneItem, NoContent>(door, rooms, "POST", "/api/v1/queues/{queue}/items/{item}:cancel",
                          {"cancel_queue_item", "Cancel an item that waits or runs", 204},
                          [&rooms](const access::Call& call, const OneItem& request) -> Result<NoContent> {
                            SOUK_TRY(rooms.work.cancel(request.queue, work::ItemId(request.item),
                                                       tell(rooms, call, "queue_item.cancelled")));
                            return NoContent{};
                          });
  add<OneItem, NoContent>(
      door, rooms, "DELETE", "/api/v1/queues/{queue}/items/{item}",
      {"drop_queue_item", "Forget an item that failed for good"},
      [&rooms](const access::Call& call, const OneItem& request) -> Result<NoContent> {
        SOUK_TRY(rooms.work.drop(request.queue, work::ItemId(request.item), tell(rooms, call, "queue_item.dropped")));
        return NoContent{};
      });
}

}  // namespace

Result<WorkFigures> work_now(const Rooms& rooms) {
  return WorkFigures{SOUK_TRY(rooms.work.queues()), SOUK_TRY(list_schedules(rooms)).schedules,
                     SOUK_TRY(rooms.nodes.list()), SOUK_TRY(list_leases(rooms)).leases};
}

void add_queues(RouteTable::Door& door, const Rooms& rooms) {
  add<Nothing, QueueList>(
      door, rooms, "GET", "/api/v1/queues", {"list_queues", "Queues of durable work, with what waits and what is dead"},
      [&rooms](const Nothing&) -> Result<QueueList> { return QueueList{SOUK_TRY(rooms.work.queues())}; });
  add<OneQueue, work::QueueStatus>(door, rooms, "GET", "/api/v1/queues/{queue}", {"get_queue", "One queue"},
                                   [&rooms](const OneQueue& request) { return find_queue(rooms, request.queue); });
  add<OneQueue, Count>(
      door, rooms, "POST", "/api/v1/queues/{queue}:retry",
      {"retry_queue", "Try all items of a queue again that failed for good"},
      [&rooms](const access::Call& call, const OneQueue& request) -> Result<Count> {
        SOUK_TRY(find_queue(rooms, request.queue));
        return Count{SOUK_TRY(rooms.work.retry(request.queue, {}, tell(rooms, call, "queue_item.retried")))};
      });
  add<OneQueue, Count>(
      door, rooms, "POST", "/api/v1/queues/{queue}:drop",
      {"drop_queue", "Forget all items of a queue that failed for good"},
      [&rooms](const access::Call& call, const OneQueue& request) -> Result<Count> {
        SOUK_TRY(find_queue(rooms, request.queue));
        return Count{SOUK_TRY(rooms.work.drop(request.queue, {}, tell(rooms, call, "queue_item.dropped")))};
      });
  add_items(door, rooms);
  add<Nothing, ScheduleList>(door, rooms, "GET", "/api/v1/schedules", {"list_schedules", "Work that comes again"},
                             [&rooms](const Nothing&) { return list_schedules(rooms); });
  add<Nothing, NodeList>(
      door, rooms, "GET", "/api/v1/nodes", {"list_nodes", "The servers of this database that live"},
      [&rooms](const Nothing&) -> Result<NodeList> { return NodeList{SOUK_TRY(rooms.nodes.list())}; });
  add<Nothing, LeaseList>(door, rooms, "GET", "/api/v1/leases",
                          {"list_leases", "What one node of many does, and which one"},
                          [&rooms](const Nothing&) { return list_leases(rooms); });
}

}  // namespace souk::api::native
