// SPDX-License-Identifier: Apache-2.0
#include "webhooks/settings.h"

namespace souk::webhooks {

namespace {

constexpr double kDay = 86'400'000;

}  // namespace

void declare(settings::Table& table, WebhookSettings& s) {
  table.add("webhooks.concurrency", s.concurrency,
            {.help = "Deliveries at a time, on each node; a namespace gets at most half", .min = 2, .max = 256});
  table.add("webhooks.allow", s.allow,
            {.help = "Addresses besides the public internet that webhooks may lead to, as 10.1.0.0/16"});
  table.add("webhooks.ca_file", s.ca_file, {.help = "PEM file of certificates to trust; empty: the system's"});
  table.add("webhooks.timeout", s.timeout,
            {.help = "How long a receiver may take to answer", .min = 100, .max = 120'000});
  table.add("webhooks.attempts", s.attempts, {.help = "Attempts to deliver one event", .min = 1, .max = 100});
  table.add("webhooks.first_retry", s.first_retry,
            {.help = "Before the second attempt; doubles from one to the next", .min = 10, .max = 3'600'000});
  table.add("webhooks.longest_retry", s.longest_retry,
            {.help = "Longest time between two attempts", .min = 10, .max = kDay});
  table.add("webhooks.failing_after", s.failing_after,
            {.help = "After so long without success a webhook is shown as failing", .min = 0, .max = 30 * kDay});
  table.add("webhooks.pause_after", s.pause_after,
            {.help = "After so long without success a webhook is paused", .min = 1000, .max = 365 * kDay});
  table.add("webhooks.keep", s.keep,
            {.help = "How long deliveries that are over are kept", .min = 3'600'000, .max = 3650 * kDay});
}

}  // namespace souk::webhooks
