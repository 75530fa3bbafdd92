# SPDX-License-Identifier: Apache-2.0
"""The Debian package: installed, run, upgraded, removed and purged in an overlay of this machine, which stays as it is."""

import os
import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("dpkg-deb"), reason="needs root and dpkg-dev")

# Runs in a mount namespace of its own; $1 is a work folder, $2 and $3 are packages.
SCRIPT = r"""
set -euo pipefail
work=$1 first=$2 second=$3
mkdir -p "$work/upper" "$work/scratch" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/scratch" "$work/root"
mount -t proc proc "$work/root/proc"
mount --bind /dev "$work/root/dev"
mount -t tmpfs tmpfs "$work/root/run"
inside() { chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
# The server as its user, until it answers; asks it, stops it.
try() {
  chroot --userspec=souk:souk "$work/root" env -i /usr/bin/souk serve --config /etc/souk/souk.yaml --listen 127.0.0.1:0 >"$work/out" 2>"$work/log" &
  server=$!
  for _ in $(seq 100); do [[ -s $work/out ]] && break; sleep 0.1; done
  url=$(sed -E 's/.*"url":"([^"]+)".*/\1/' "$work/out")
  curl -fsS "$url/healthz"
  curl -fsS -H "Authorization: Bearer $(cat "$work/root/var/lib/souk/admin.key")" "$url/api/v1/models"
  echo
  kill "$server"; wait "$server"
}
echo "== install"; inside dpkg -i "$first"
inside getent passwd souk
inside stat -c '%a %U:%G %n' /etc/souk /etc/souk/souk.yaml /var/lib/souk /usr/bin/souk
inside ldd /usr/bin/souk | grep onnxruntime
try
echo "== doctor"; chroot --userspec=souk:souk "$work/root" env -i /usr/bin/souk doctor --config /etc/souk/souk.yaml -o table
echo "== upgrade"; echo "# changed by the operator" >>"$work/root/etc/souk/souk.yaml"
inside dpkg -i "$second"
tail -1 "$work/root/etc/souk/souk.yaml"
inside stat -c '%a %U:%G %n' /etc/souk/souk.yaml
inside dpkg-query -W souk
try
echo "== remove"; inside dpkg -r souk
ls "$work/root/usr/bin/souk" "$work/root/usr/lib/souk" "$work/root/usr/share/doc/souk" 2>&1 || true
ls "$work/root/etc/souk/souk.yaml" "$work/root/var/lib/souk/souk.db"
echo "== purge"; inside dpkg -P souk
ls "$work/root/etc/souk" 2>&1 || true
ls "$work/root/var/lib/souk/souk.db"
inside dpkg --audit
"""


@pytest.fixture(scope="module")
def packages(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    made = []
    for version in ("0.1.0", "0.1.1~next"):
        path = subprocess.run([str(root / "scripts/build-deb"), version], check=True, capture_output=True, text=True, cwd=root,
                              env=os.environ | {"SOUK_DEB_COMPRESSION": "none"}).stdout.strip()
        made.append(shutil.move(root / path, folder))
    return made


def section(text, name):
    return re.search(rf"^== {name}\n(.*?)(?=^== |\Z)", text, re.M | re.S)[1]


def test_install_upgrade_remove_purge(packages, tmp_path):
    done = subprocess.run(["unshare", "--mount", "--fork", "bash", "-c", SCRIPT, "bash", str(tmp_path), *map(str, packages)],
                          capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, (done.stdout, done.stderr)
    install = section(done.stdout, "install")
    assert "souk:x:" in install and "750 root:souk /etc/souk\n" in install
    assert "640 root:souk /etc/souk/souk.yaml" in install and "700 souk:souk /var/lib/souk" in install
    assert "/usr/lib/souk/libonnxruntime.so.1" in install and '{"models":[]}' in install
    assert "WRONG" not in section(done.stdout, "doctor")
    upgrade = section(done.stdout, "upgrade")
    assert "# changed by the operator" in upgrade and "0.1.1~next" in upgrade and '{"models":[]}' in upgrade
    remove = section(done.stdout, "remove")
    assert remove.count("No such file") == 3 and "souk.db" in remove and "souk.yaml" in remove
    purge = section(done.stdout, "purge")
    assert "etc/souk': No such file" in purge and "souk.db" in purge
    assert "/var/lib/souk was kept" in done.stderr


def test_the_package_says_what_it_needs(packages):
    fields = subprocess.run(["dpkg-deb", "--field", packages[0]], check=True, capture_output=True, text=True).stdout
    depends = re.search(r"^Depends: (.*)", fields, re.M)[1]
    for name in ("libc6", "libssl3", "libsqlite3-0", "libpq5", "adduser"):
        assert name in depends, depends
    assert subprocess.run(["dpkg-deb", "--info", packages[0], "conffiles"], check=True, capture_output=True, text=True).stdout == "/etc/souk/souk.yaml\n"
    contents = subprocess.run(["dpkg-deb", "--contents", packages[0]], check=True, capture_output=True, text=True).stdout
    assert all("root/root" in line for line in contents.splitlines())
    assert "./usr/share/doc/souk/operations.md" in contents


def test_the_unit_is_sound_and_hardened(root, packages, tmp_path):
    subprocess.run(["dpkg-deb", "--extract", packages[0], tmp_path], check=True)
    unit = (tmp_path / "usr/lib/systemd/system/souk.service").read_text()
    copy = tmp_path / "souk.service"
    copy.write_text(unit.replace("/usr/bin/souk", str(tmp_path / "usr/bin/souk")))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)
    assert "souk.service" not in verified.stderr, verified.stderr
    rated = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", str(copy)], capture_output=True, text=True).stdout
    exposure = float(re.search(r"exposure level for souk.service: ([\d.]+)", rated)[1])
    assert exposure <= 2.0, rated
