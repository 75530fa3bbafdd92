// SPDX-License-Identifier: Apache-2.0
#include "access/settings.h"

namespace souk::access {

void declare(settings::Table& table, AccessSettings& s) {
  table.add("access.session_idle", s.session_idle,
            {.help = "A web session unused for so long ends", .min = 60'000, .max = 90 * 86'400'000.0});
  table.add("access.session_lifetime", s.session_lifetime,
            {.help = "A web session ends after so long, used or not", .min = 60'000, .max = 366 * 86'400'000.0});
  table.add("access.link_lifetime", s.link_lifetime,
            {.help = "How long a link that sets a password works, once", .min = 60'000, .max = 30 * 86'400'000.0});
  table.add("access.setup_link", s.setup_link,
            {.help = "Print a set-up link at this start though there are users: when nobody can sign in any more"});
  table.add("access.password_min_length", s.password_min_length,
            {.help = "Characters that a password needs at least", .min = 8, .max = 128});
  table.add("access.password_memory", s.password_memory,
            {.help = "Memory of one argon2id run; changed, passwords are hashed again as their owners sign in",
             .min = 8.0 * (1 << 20),
             .max = 2.0 * (1 << 30)});
  table.add("access.password_passes", s.password_passes,
            {.help = "Passes of argon2id over its memory", .min = 1, .max = 100});
  table.add("access.password_threads", s.password_threads,
            {.help = "argon2id runs at a time, behind all other work; 0: half the cores", .min = 0, .max = 64});
  table.add("access.password_queue", s.password_queue,
            {.help = "Sign-ins that may wait for argon2id; more are answered 503", .min = 1, .max = 10'000});
  table.add("access.sign_in_tries", s.sign_in_tries,
            {.help = "Failed sign-ins of one account before they are slowed down; of one address four times as many",
             .min = 1,
             .max = 10'000});
  table.add("access.sign_in_interval", s.sign_in_interval,
            {.help = "Then one more try of an account is let through in that time", .min = 1, .max = 3'600'000});
}

}  // namespace souk::access
