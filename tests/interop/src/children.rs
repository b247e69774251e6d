// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs that run beside the test: started with a log, waited for, ended with it however it ends.

use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::wire::{Outcome, sentence};

const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Standard output and error go to `folder`/`name`.log.
    pub fn start<S: AsRef<OsStr>>(
        folder: &Path,
        name: &str,
        program: &Path,
        arguments: &[S],
    ) -> Outcome<Running> {
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).map_err(sentence("a log"))?;
        let error = out.try_clone().map_err(sentence("a log"))?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(out).stderr(error);
        let child = command.spawn().map_err(|e| format!("{}: {e}", program.display()))?;
        Ok(Running { name: name.into(), child, log })
    }

    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// What stands behind `words` in the first line of the log that has them.
    pub fn wait_for(&mut self, words: &str, limit: Duration) -> Outcome<String> {
        let deadline = Instant::now() + limit;
        loop {
            let said = self.said();
            let found = said.lines().find_map(|line| line.split_once(words));
            if let Some((_, rest)) = found {
                return Ok(rest.trim().into());
            }
            let ended = self.ended()?.is_some();
            if ended || Instant::now() > deadline {
                let end = said.chars().rev().take(600).collect::<Vec<_>>();
                let end = end.iter().rev().collect::<String>();
                let how = if ended { "ended" } else { "is silent" };
                return Err(format!("{} {how} without '{words}'; it said: {end}", self.name));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// HOST:PORT, where host_stub says that it listens.
    pub fn listening(&mut self) -> Outcome<String> {
        self.wait_for("listening ", Duration::from_secs(20))
    }

    pub fn signal(&self, signal: libc::c_int) {
        let pid = self.child.id() as libc::pid_t;
        // SAFETY: kill(2) takes any number, and the child is not reaped yet, so that it is ours.
        unsafe { libc::kill(pid, signal) };
    }

    pub fn wait(&mut self, limit: Duration) -> Outcome<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(format!("{} does not end within {limit:?}", self.name));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    pub fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.child.try_wait().map_err(sentence("wait"))
    }

    /// Asks it to end; its own status must be 0.
    pub fn stop(&mut self) -> Outcome<()> {
        self.signal(libc::SIGTERM);
        let status = self.wait(Duration::from_secs(30))?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{} ended with {status}: {}", self.name, self.said())),
        }
    }
}

/// For a program that does not tell which one it was given: nobody has it now.
pub fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(sentence("listen"))?;
    Ok(listener.local_addr().map_err(sentence("listen"))?.port())
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
