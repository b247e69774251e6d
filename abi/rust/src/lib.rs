// SPDX-License-Identifier: MIT OR Apache-2.0

//! A safe host of hashmux plugins.
//!
//! A plugin decides which Stratum V2 mining channel works for which pool. A host reports facts (a
//! pool came up, a channel opened, shares were judged, time passed) and carries the answers out.
//! What each fact means is told in `abi/hmx_abi.h`; [`sys`] is that header, and the types here say
//! the same in Rust.
//!
//! ```no_run
//! use hashmux_host::{Caps, Instance, Options, Plugin};
//! // Safety: a plugin is code; load only what you trust.
//! let plugin = unsafe { Plugin::load("/usr/lib/hashmux/hashmux.so", Caps::REASSIGN | Caps::SHARE_WORK)? };
//! let options = Options { config_text: std::fs::read_to_string("hashmux.ini")?, ..Options::default() };
//! let mut mux = Instance::create(&plugin, options, 1_000_000_000)?;
//! for pool in mux.upstreams()? {
//!     println!("connect to {} at {}:{}", pool.id, pool.address, pool.port);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`Instance`] is one serial executor: it is `Send` (the thread may change between calls) and
//! not `Sync`.
#![deny(missing_docs)]
#![warn(unsafe_op_in_unsafe_fn)]

use std::ffi::{c_void, CStr, CString};
use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of;
use std::os::raw::{c_char, c_int};
use std::path::Path;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// The contract itself, as generated from the C headers.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, clippy::all)]
pub mod sys {
    include!("bindings.rs");
}

mod decisions;
mod events;
mod instance;
mod memory;
pub use decisions::*;
pub use events::*;
pub use instance::Instance;

extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}
#[cfg_attr(target_os = "linux", link(name = "dl"))]
extern "C" {}

/// A refusal: the contract's status and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// `sys::HMX_E_*`.
    pub status: i32,
    /// What was refused and why; several lines for a configuration.
    pub why: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Error {}

/// What nearly every call answers.
pub type Result<T> = std::result::Result<T, Error>;

fn refuse<T>(status: i32, why: impl Into<String>) -> Result<T> {
    Err(Error { status, why: why.into() })
}

/// A negative status as an error; a positive one is success with a remark of a later version.
fn check(status: i32, what: &str) -> Result<()> {
    if status < 0 {
        return refuse(status, format!("{what} answers status {status}"));
    }
    Ok(())
}

/// A zeroed struct of the contract whose first field is its size.
fn sized<T: Default>() -> T {
    let mut value = T::default();
    // Safety: every struct of the contract that this is used for begins with `size: u32` (or with an
    // event that does), and T is plain data.
    unsafe { *(&mut value as *mut T).cast::<u32>() = size_of::<T>() as u32 };
    value
}

/// Rule 2: copies a struct of the other side; what it does not have is zero.
///
/// # Safety
/// `from` points to a struct of the contract that is at least as long as its own size says.
unsafe fn copy_in<T: Default>(from: *const T) -> T {
    let mut to = T::default();
    // Safety: as promised by the caller; no more than both have is copied.
    unsafe {
        let size = *from.cast::<u32>() as usize;
        let bytes = size.min(size_of::<T>()) / 8 * 8; // half a pointer is none
        std::ptr::copy_nonoverlapping(from.cast::<u8>(), (&mut to as *mut T).cast::<u8>(), bytes);
    }
    to
}

/// What a host offers: `sys::HMX_CAP_*` as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps(pub u64);

impl Caps {
    /// Carries out decisions and answers by [`Instance::on_reassign`].
    pub const REASSIGN: Caps = Caps(sys::HMX_CAP_REASSIGN as u64);
    /// Fills [`Share::work`].
    pub const SHARE_WORK: Caps = Caps(sys::HMX_CAP_SHARE_WORK as u64);
    /// Tells each pool's extranonce space and uses the prefixes that it is given.
    pub const EXTRANONCE: Caps = Caps(sys::HMX_CAP_EXTRANONCE as u64);
    /// Reports [`Outcome::Drained`].
    pub const DRAIN_REPORT: Caps = Caps(sys::HMX_CAP_DRAIN_REPORT as u64);
    /// Can move without a new prev_hash when both pools share the tip.
    pub const SOFT_MOVE: Caps = Caps(sys::HMX_CAP_SOFT_MOVE as u64);
    /// Carries out [`Style::Reopen`].
    pub const REOPEN: Caps = Caps(sys::HMX_CAP_REOPEN as u64);
}

impl std::ops::BitOr for Caps {
    type Output = Caps;
    fn bitor(self, other: Caps) -> Caps {
        Caps(self.0 | other.0)
    }
}

/// A loaded plugin. It is never unloaded: its tables live in the library.
#[derive(Clone, Copy)]
pub struct Plugin {
    descriptor: sys::hmx_descriptor,
    ops: sys::hmx_ops,
    caps: Caps,
}

// Safety: descriptor and ops are copies of static data; the entry is pure (rule 1).
unsafe impl Send for Plugin {}
unsafe impl Sync for Plugin {}

impl Plugin {
    /// Loads the plugin at `path` for a host that offers `caps`.
    ///
    /// # Safety
    /// Loading runs the library's code in this process. It must be a plugin that keeps the contract
    /// of `abi/hmx_abi.h`; nothing here can check that.
    pub unsafe fn load(path: impl AsRef<Path>, caps: Caps) -> Result<Plugin> {
        let path = path.as_ref().display().to_string();
        let c_path = match CString::new(path.clone()) {
            Ok(c_path) => c_path,
            Err(_) => return refuse(sys::HMX_E_INVALID, format!("{path:?} has a NUL byte")),
        };
        const RTLD_NOW: c_int = 2;
        // Safety: the caller trusts the library; the strings are NUL-terminated.
        unsafe {
            let library = dlopen(c_path.as_ptr(), RTLD_NOW);
            if library.is_null() {
                return refuse(sys::HMX_E_IO, CStr::from_ptr(dlerror()).to_string_lossy());
            }
            let symbol = dlsym(library, sys::HMX_ENTRY_SYMBOL.as_ptr().cast());
            let entry: sys::hmx_plugin_entry_fn = std::mem::transmute(symbol);
            let theirs = entry.map_or(std::ptr::null(), |entry| entry());
            if theirs.is_null() || (*theirs).size < sys::HMX_DESCRIPTOR_SIZE_VER0 {
                return refuse(sys::HMX_E_INVALID, format!("{path} is no hashmux plugin"));
            }
            let descriptor = copy_in(theirs);
            if descriptor.magic != sys::HMX_ABI_MAGIC
                || descriptor.abi_major != sys::HMX_ABI_MAJOR
                || descriptor.ops.is_null()
            {
                return refuse(sys::HMX_E_INVALID, format!("{path} is no plugin of contract 1"));
            }
            if descriptor.min_host_minor > sys::HMX_ABI_MINOR {
                return refuse(sys::HMX_E_UNSUPPORTED, format!("{path} needs a newer host"));
            }
            let missing = descriptor.needs & !caps.0;
            if missing != 0 {
                let why = format!("{path} needs the capabilities {missing:#x}, which are not offered");
                return refuse(sys::HMX_E_UNSUPPORTED, why);
            }
            let ops = copy_in(descriptor.ops);
            if ops.create.is_none() || ops.destroy.is_none() {
                return refuse(sys::HMX_E_INVALID, format!("{path} lacks a required hook"));
            }
            Ok(Plugin { descriptor, ops, caps })
        }
    }

    fn text(from: *const c_char) -> String {
        if from.is_null() {
            return String::new();
        }
        // Safety: strings of a descriptor are static and NUL-terminated.
        unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned()
    }

    /// The reverse-DNS id.
    pub fn id(&self) -> String {
        Plugin::text(self.descriptor.id)
    }

    /// The name for people.
    pub fn name(&self) -> String {
        Plugin::text(self.descriptor.name)
    }

    /// The semantic version.
    pub fn version(&self) -> String {
        Plugin::text(self.descriptor.version)
    }
}

/// How loud a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something is wrong and stays so.
    Error,
    /// Somebody should look.
    Warn,
    /// Worth knowing.
    Info,
    /// For the curious.
    Debug,
}

/// A line of the log goes here.
pub type LogFn = Box<dyn FnMut(Level, &str) + Send>;
/// A finished JSON line of the audit goes here.
pub type AuditFn = Box<dyn FnMut(&str) + Send>;
/// Called when the plugin asks for a tick soon.
pub type RequestTickFn = Box<dyn FnMut() + Send>;

/// What an instance is made with.
#[derive(Default)]
pub struct Options {
    /// The configuration itself; empty when `config_path` is given.
    pub config_text: String,
    /// Its path; empty when `config_text` is given.
    pub config_path: String,
    /// All randomness of the instance: at random in production.
    pub seed: [u8; 32],
    /// Wall clock, milliseconds since 1970.
    pub unix_ms: u64,
    /// Most channels open at once; 0 = 65536.
    pub channels_max: u32,
    /// 0..instance_count - 1.
    pub instance_index: u32,
    /// Instances that share the pools' extranonce spaces; 0 and 1 mean one.
    pub instance_count: u32,
    /// Who the host is, for the log.
    pub host_name: String,
    /// Its version.
    pub host_version: String,
    /// Where lines of the log go.
    pub log: Option<LogFn>,
    /// Where lines of the audit go.
    pub audit: Option<AuditFn>,
    /// Called when the plugin asks for a tick soon.
    pub request_tick: Option<RequestTickFn>,
}

/// What outlives every call of an instance; the plugin keeps its address.
struct Context {
    options: Options,
    name: CString,
    version: CString,
    host: sys::hmx_host,
    blocks: i64,
}

unsafe extern "C" fn on_log(ctx: *mut c_void, level: u32, text: *const c_char, len: u64) {
    // Safety: ctx is our Context, text has len bytes (the contract).
    let (context, line) = unsafe { (&mut *ctx.cast::<Context>(), bytes_of(text.cast(), len)) };
    let level = match level {
        sys::HMX_LOG_ERROR => Level::Error,
        sys::HMX_LOG_WARN => Level::Warn,
        sys::HMX_LOG_INFO => Level::Info,
        _ => Level::Debug,
    };
    if let Some(log) = context.options.log.as_mut() {
        // A panic must not cross the plugin's frames.
        let _ = catch_unwind(AssertUnwindSafe(|| log(level, &String::from_utf8_lossy(line))));
    }
}

unsafe extern "C" fn on_audit(ctx: *mut c_void, json: *const c_char, len: u64) {
    // Safety: as on_log.
    let (context, line) = unsafe { (&mut *ctx.cast::<Context>(), bytes_of(json.cast(), len)) };
    if let Some(audit) = context.options.audit.as_mut() {
        let _ = catch_unwind(AssertUnwindSafe(|| audit(&String::from_utf8_lossy(line))));
    }
}

unsafe extern "C" fn on_request_tick(ctx: *mut c_void) {
    // Safety: ctx is our Context.
    let context = unsafe { &mut *ctx.cast::<Context>() };
    if let Some(request) = context.options.request_tick.as_mut() {
        let _ = catch_unwind(AssertUnwindSafe(request));
    }
}

unsafe extern "C" fn on_alloc(ctx: *mut c_void, size: u64, align: u64) -> *mut c_void {
    // Safety: ctx is our Context.
    let context = unsafe { &mut *ctx.cast::<Context>() };
    let block = memory::allocate(size, align);
    context.blocks += i64::from(!block.is_null());
    block
}

unsafe extern "C" fn on_free(ctx: *mut c_void, block: *mut c_void, size: u64, align: u64) {
    // Safety: ctx is our Context; the block is one of on_alloc's with this size and align.
    unsafe {
        (*ctx.cast::<Context>()).blocks -= 1;
        memory::give_back(block, size, align);
    }
}

unsafe extern "C" fn on_write(ctx: *mut c_void, data: *const c_void, len: u64) -> i32 {
    // Safety: ctx is the Vec of `write_with`, data has len bytes.
    unsafe { (*ctx.cast::<Vec<u8>>()).extend_from_slice(bytes_of(data, len)) };
    sys::HMX_OK
}

unsafe extern "C" fn on_read(ctx: *mut c_void, data: *mut c_void, capacity: u64, len: *mut u64) -> i32 {
    // Safety: ctx is the slice of `load`, data has room for capacity bytes.
    unsafe {
        let from = &mut *ctx.cast::<&[u8]>();
        let take = from.len().min(capacity as usize);
        std::ptr::copy_nonoverlapping(from.as_ptr(), data.cast::<u8>(), take);
        *from = &from[take..];
        *len = take as u64;
    }
    sys::HMX_OK
}

/// # Safety
/// `data` has `len` bytes when len is not 0.
unsafe fn bytes_of<'a>(data: *const c_void, len: u64) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // Safety: as promised by the caller.
    unsafe { std::slice::from_raw_parts(data.cast(), len as usize) }
}

fn view(bytes: &[u8]) -> sys::hmx_view {
    sys::hmx_view { data: bytes.as_ptr().cast(), len: bytes.len() as u64 }
}

/// Room for the sentence of a refusal.
struct Sentence {
    buffer: Vec<u8>,
    text: sys::hmx_text,
}

impl Sentence {
    fn new() -> Box<Sentence> {
        let mut it = Box::new(Sentence { buffer: vec![0; 8192], text: sized() });
        it.text.data = it.buffer.as_mut_ptr().cast();
        it.text.capacity = it.buffer.len() as u64;
        it
    }

    fn check(&self, status: i32, what: &str) -> Result<()> {
        let said = &self.buffer[..(self.text.len as usize).min(self.buffer.len())];
        if status < 0 && !said.is_empty() {
            return refuse(status, String::from_utf8_lossy(said));
        }
        check(status, what)
    }
}
