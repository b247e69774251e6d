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

mod events;
mod memory;
pub use events::*;

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
        let bytes = size.min(size_of::<T>());
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

/// One instance of a plugin. Dropping it destroys it.
pub struct Instance {
    plugin: Plugin,
    raw: *mut sys::hmx_instance,
    context: *mut Context,
    now_ns: u64,
    seq: u64,
    /// Not Sync: one serial executor.
    serial: PhantomData<std::cell::Cell<()>>,
}

// Safety: the thread may change between calls (rule 7); callbacks are Send.
unsafe impl Send for Instance {}

impl Instance {
    /// Makes an instance. `now_ns` is the monotonic clock, nanoseconds.
    pub fn create(plugin: &Plugin, options: Options, now_ns: u64) -> Result<Instance> {
        let c_string = |text: &str| CString::new(text.replace('\0', "?")).unwrap_or_default();
        let context = Box::into_raw(Box::new(Context {
            name: c_string(&options.host_name),
            version: c_string(&options.host_version),
            host: sized(),
            blocks: 0,
            options,
        }));
        // Safety: context was just made and is ours until kill(); the plugin's hook is called as the
        // contract says, with structs that live through the call.
        let (status, raw, why) = unsafe {
            let c = &mut *context;
            c.host.abi_major = sys::HMX_ABI_MAJOR;
            c.host.abi_minor = sys::HMX_ABI_MINOR;
            c.host.caps = plugin.caps.0;
            c.host.ctx = context.cast();
            c.host.log = c.options.log.as_ref().map(|_| on_log as _);
            c.host.audit = c.options.audit.as_ref().map(|_| on_audit as _);
            c.host.request_tick = c.options.request_tick.as_ref().map(|_| on_request_tick as _);
            c.host.alloc = Some(on_alloc);
            c.host.free = Some(on_free);
            c.host.name = c.name.as_ptr();
            c.host.version = c.version.as_ptr();
            let mut args: sys::hmx_create_args = sized();
            args.config_path = view(c.options.config_path.as_bytes());
            args.config_text = view(c.options.config_text.as_bytes());
            args.seed = c.options.seed;
            args.now_ns = now_ns;
            args.unix_ms = c.options.unix_ms;
            args.channels_max = c.options.channels_max;
            args.instance_index = c.options.instance_index;
            args.instance_count = c.options.instance_count;
            let mut why = Sentence::new();
            args.why = &mut why.text;
            let mut raw = std::ptr::null_mut();
            let create = plugin.ops.create.expect("checked by load");
            let status = create(&c.host, &args, &mut raw);
            (status, raw, why)
        };
        if let Err(error) = why.check(status, "create") {
            // Safety: nothing keeps the address after a refused create.
            drop(unsafe { Box::from_raw(context) });
            return Err(error);
        }
        Ok(Instance { plugin: *plugin, raw, context, now_ns, seq: 0, serial: PhantomData })
    }

    /// Destroys it. Returns how many blocks of memory it left behind: 0 with a sound plugin.
    pub fn destroy(mut self) -> i64 {
        self.kill()
    }

    fn kill(&mut self) -> i64 {
        if self.raw.is_null() {
            return 0;
        }
        // Safety: raw and context are ours and used for the last time.
        unsafe {
            (self.plugin.ops.destroy.expect("checked by load"))(self.raw);
            self.raw = std::ptr::null_mut();
            let left = (*self.context).blocks;
            drop(Box::from_raw(self.context));
            left
        }
    }

    /// Never decreasing, whatever the caller's clock did.
    fn stamp<T>(&mut self, now_ns: u64, flags: u32) -> sys::hmx_event {
        self.now_ns = self.now_ns.max(now_ns);
        self.seq += 1;
        sys::hmx_event { size: size_of::<T>() as u32, flags, now_ns: self.now_ns, seq: self.seq }
    }

    /// The pools to connect to: ask after create and after each reconfigure.
    pub fn upstreams(&mut self) -> Result<Vec<Upstream>> {
        let hook = match self.plugin.ops.upstreams {
            Some(hook) => hook,
            None => return Ok(Vec::new()),
        };
        let mut rows = vec![sized::<sys::hmx_upstream_info>(); sys::HMX_UPSTREAMS_MAX as usize];
        let mut table: sys::hmx_upstream_table = sized();
        table.stride = size_of::<sys::hmx_upstream_info>() as u32;
        table.capacity = sys::HMX_UPSTREAMS_MAX;
        table.rows = rows.as_mut_ptr();
        // Safety: the table describes rows that live through the call.
        check(unsafe { hook(self.raw, &mut table) }, "upstreams")?;
        rows.truncate(table.count as usize);
        Ok(rows.iter().map(Upstream::from_row).collect())
    }

    /// A pool's connection or facts changed.
    pub fn on_upstream(&mut self, now_ns: u64, upstream: u32, state: &UpstreamState) -> Result<()> {
        let hook = match self.plugin.ops.on_upstream {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let mut event = state.to_event(upstream);
        event.event = self.stamp::<sys::hmx_upstream_event>(now_ns, 0);
        // Safety: the event lives through the call.
        check(unsafe { hook(self.raw, &event) }, "on_upstream")
    }

    /// A channel wants to open: where? A plugin without an opinion answers [`Placement::Pass`].
    pub fn on_channel_open(&mut self, now_ns: u64, open: &ChannelOpen<'_>) -> Result<Opened> {
        let hook = match self.plugin.ops.on_channel_open {
            Some(hook) => hook,
            None => return Ok(Opened::default()),
        };
        let mut event = open.to_event();
        event.event = self.stamp::<sys::hmx_channel_open>(now_ns, 0);
        let mut answer: sys::hmx_channel_decision = sized();
        // Safety: event and answer live through the call, and so do the views' texts.
        check(unsafe { hook(self.raw, &event, &mut answer) }, "on_channel_open")?;
        Ok(Opened::from_answer(&answer))
    }

    /// Facts of an open channel changed.
    pub fn on_channel_update(&mut self, now_ns: u64, update: &ChannelUpdate) -> Result<()> {
        let hook = match self.plugin.ops.on_channel_update {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let mut event = update.to_event();
        event.event = self.stamp::<sys::hmx_channel_update>(now_ns, 0);
        // Safety: the event lives through the call.
        check(unsafe { hook(self.raw, &event) }, "on_channel_update")
    }

    /// A channel is gone.
    pub fn on_channel_close(&mut self, now_ns: u64, channel: u64, cookie: u64, why: CloseReason) -> Result<()> {
        let hook = match self.plugin.ops.on_channel_close {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let event = sys::hmx_channel_close {
            event: self.stamp::<sys::hmx_channel_close>(now_ns, 0),
            channel,
            cookie,
            reason: why as u32,
            pad0: 0,
        };
        // Safety: the event lives through the call.
        check(unsafe { hook(self.raw, &event) }, "on_channel_close")
    }

    /// Shares of a channel. The hot path: nothing is allocated on either side.
    #[inline]
    pub fn on_share(&mut self, now_ns: u64, share: &Share) -> Result<()> {
        let hook = match self.plugin.ops.on_share {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let event = sys::hmx_share {
            event: self.stamp::<sys::hmx_share>(now_ns, u32::from(share.local)),
            channel: share.channel,
            cookie: share.cookie,
            upstream: share.upstream,
            verdict: share.verdict as u32,
            count: share.count,
            pad0: 0,
            work: share.work,
            credit: share.credit,
        };
        // Safety: the event lives through the call.
        let status = unsafe { hook(self.raw, &event) };
        if status < 0 {
            return check(status, "on_share");
        }
        Ok(())
    }

    /// Time passed: at least every second. `decisions` gets what is to be carried out.
    pub fn on_tick(&mut self, now_ns: u64, unix_ms: u64, decisions: &mut Vec<Decision>) -> Result<()> {
        const ROWS: usize = 64;
        let hook = match self.plugin.ops.on_tick {
            Some(hook) => hook,
            None => return Ok(()),
        };
        loop {
            let mut rows = [sized::<sys::hmx_decision>(); ROWS];
            let event = sys::hmx_tick { event: self.stamp::<sys::hmx_tick>(now_ns, 0), unix_ms };
            let mut buffer: sys::hmx_decision_buf = sized();
            buffer.stride = size_of::<sys::hmx_decision>() as u32;
            buffer.capacity = ROWS as u32;
            buffer.rows = rows.as_mut_ptr();
            // Safety: event, buffer and rows live through the call.
            check(unsafe { hook(self.raw, &event, &mut buffer) }, "on_tick")?;
            let count = (buffer.count as usize).min(ROWS);
            decisions.extend(rows[..count].iter().map(Decision::from_row));
            if buffer.more == 0 {
                return Ok(());
            }
        }
    }

    /// What became of a decision, or what the host did on its own.
    pub fn on_reassign(&mut self, now_ns: u64, outcome: &Outcome) -> Result<()> {
        let hook = match self.plugin.ops.on_reassign {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let mut event = outcome.to_event();
        event.event = self.stamp::<sys::hmx_reassign>(now_ns, 0);
        // Safety: the event lives through the call.
        check(unsafe { hook(self.raw, &event) }, "on_reassign")
    }

    /// What was learned, as bytes to keep.
    pub fn save(&mut self) -> Result<Vec<u8>> {
        let hook = self.plugin.ops.save;
        self.write_with("save", |raw, to| match hook {
            // Safety: the writer lives through the call.
            Some(hook) => unsafe { hook(raw, to) },
            None => sys::HMX_E_UNSUPPORTED,
        })
    }

    fn write_with(&mut self, what: &str, call: impl Fn(*mut sys::hmx_instance, &sys::hmx_writer) -> i32) -> Result<Vec<u8>> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut to: sys::hmx_writer = sized();
        to.ctx = (&mut bytes as *mut Vec<u8>).cast();
        to.write = Some(on_write);
        check(call(self.raw, &to), what)?;
        Ok(bytes)
    }

    /// Takes over what `save` wrote; on a fresh instance, before the first event.
    pub fn load(&mut self, bytes: &[u8], now_ns: u64, unix_ms: u64) -> Result<()> {
        let hook = match self.plugin.ops.load {
            Some(hook) => hook,
            None => return check(sys::HMX_E_UNSUPPORTED, "load"),
        };
        let mut rest = bytes;
        let mut from: sys::hmx_reader = sized();
        from.ctx = (&mut rest as *mut &[u8]).cast();
        from.read = Some(on_read);
        let mut why = Sentence::new();
        let mut args: sys::hmx_load_args = sized();
        args.now_ns = now_ns;
        args.unix_ms = unix_ms;
        args.from = &from;
        args.why = &mut why.text;
        // Safety: all that args points to lives through the call.
        let status = unsafe { hook(self.raw, &args) };
        why.check(status, "load")
    }

    /// A new configuration as a whole, or nothing.
    pub fn reconfigure(&mut self, config_text: &str, now_ns: u64, unix_ms: u64) -> Result<()> {
        let hook = match self.plugin.ops.reconfigure {
            Some(hook) => hook,
            None => return check(sys::HMX_E_UNSUPPORTED, "reconfigure"),
        };
        let mut why = Sentence::new();
        let mut args: sys::hmx_reconfigure_args = sized();
        self.now_ns = self.now_ns.max(now_ns);
        args.config_text = view(config_text.as_bytes());
        args.now_ns = self.now_ns;
        args.unix_ms = unix_ms;
        args.why = &mut why.text;
        // Safety: all that args points to lives through the call.
        let status = unsafe { hook(self.raw, &args) };
        why.check(status, "reconfigure")
    }

    fn extension<T: Default>(&mut self, id: &[u8]) -> Option<T> {
        let hook = self.plugin.ops.get_extension?;
        // Safety: id is NUL-terminated; a table begins with its size and is static (rule 11).
        unsafe {
            let table = hook(self.raw, id.as_ptr().cast());
            if table.is_null() {
                return None;
            }
            Some(copy_in(table.cast::<T>()))
        }
    }

    fn tuning<T>(&mut self, what: &str, member: impl Fn(&sys::hmx_tuning_v1) -> Option<T>) -> Result<T> {
        let table: Option<sys::hmx_tuning_v1> = self.extension(sys::HMX_TUNING_ID);
        match table.as_ref().and_then(member) {
            Some(member) => Ok(member),
            None => refuse(sys::HMX_E_UNSUPPORTED, format!("this plugin has no {what}")),
        }
    }

    /// Runs a setter with its time and a place for its sentence.
    fn set(&mut self, now_ns: u64, what: &str, call: impl Fn(*mut sys::hmx_instance, u64, *mut sys::hmx_text) -> i32) -> Result<()> {
        self.now_ns = self.now_ns.max(now_ns);
        let mut why = Sentence::new();
        let status = call(self.raw, self.now_ns, &mut why.text);
        why.check(status, what)
    }

    /// The whole vector of targets: upstream number and percentage.
    pub fn set_targets(&mut self, now_ns: u64, targets: &[(u32, f64)]) -> Result<()> {
        let member = self.tuning("set_targets", |t| t.set_targets)?;
        let rows: Vec<sys::hmx_target> = targets
            .iter()
            .map(|&(upstream, percentage)| sys::hmx_target { upstream, percentage, ..sized() })
            .collect();
        let mut vector: sys::hmx_targets = sized();
        vector.stride = size_of::<sys::hmx_target>() as u32;
        vector.count = rows.len() as u32;
        vector.rows = rows.as_ptr();
        // Safety: vector and rows live through the call, as in every setter below.
        self.set(now_ns, "set_targets", |raw, now, why| unsafe { member(raw, now, &vector, why) })
    }

    /// A preset of the controller.
    pub fn set_tuning_model(&mut self, now_ns: u64, model: TuningModel) -> Result<()> {
        let member = self.tuning("set_tuning_model", |t| t.set_tuning_model)?;
        self.set(now_ns, "set_tuning_model", |raw, now, why| unsafe {
            member(raw, now, model as u32, why)
        })
    }

    /// Own gains: points per point, per minute, minutes.
    pub fn set_custom_pid_params(&mut self, now_ns: u64, kp: f64, ki: f64, kd: f64) -> Result<()> {
        let member = self.tuning("set_custom_pid_params", |t| t.set_custom_pid_params)?;
        let gains = sys::hmx_pid_gains { kp, ki, kd, ..sized() };
        self.set(now_ns, "set_custom_pid_params", |raw, now, why| unsafe {
            member(raw, now, &gains, why)
        })
    }

    /// The deadband in points; `None`: the luck of the shares decides.
    pub fn set_deadband(&mut self, now_ns: u64, points: Option<f64>) -> Result<()> {
        let member = self.tuning("set_deadband", |t| t.set_deadband)?;
        let kind = if points.is_some() { sys::HMX_DEADBAND_POINTS } else { sys::HMX_DEADBAND_AUTO };
        self.set(now_ns, "set_deadband", |raw, now, why| unsafe {
            member(raw, now, kind, points.unwrap_or(0.0), why)
        })
    }

    /// How often the split is judged, seconds.
    pub fn set_evaluation_interval(&mut self, now_ns: u64, secs: u32) -> Result<()> {
        let member = self.tuning("set_evaluation_interval", |t| t.set_evaluation_interval)?;
        self.set(now_ns, "set_evaluation_interval", |raw, now, why| unsafe {
            member(raw, now, secs, why)
        })
    }

    /// The rest of a channel between two moves, seconds.
    pub fn set_min_reassignment_interval(&mut self, now_ns: u64, secs: u32) -> Result<()> {
        let member =
            self.tuning("set_min_reassignment_interval", |t| t.set_min_reassignment_interval)?;
        self.set(now_ns, "set_min_reassignment_interval", |raw, now, why| unsafe {
            member(raw, now, secs, why)
        })
    }

    /// Drains a pool, or takes it back.
    pub fn set_upstream_enabled(&mut self, now_ns: u64, upstream: u32, enabled: bool) -> Result<()> {
        let member = self.tuning("set_upstream_enabled", |t| t.set_upstream_enabled)?;
        let enabled = if enabled { sys::HMX_YES } else { sys::HMX_NO };
        self.set(now_ns, "set_upstream_enabled", |raw, now, why| unsafe {
            member(raw, now, upstream, enabled, why)
        })
    }

    /// Miners whose user_identity matches work for this upstream; `None`: stay where they are.
    pub fn pin(&mut self, now_ns: u64, pattern: &str, upstream: Option<u32>) -> Result<()> {
        let member = self.tuning("pin", |t| t.pin)?;
        self.set(now_ns, "pin", |raw, now, why| unsafe {
            member(raw, now, view(pattern.as_bytes()), upstream.unwrap_or(sys::HMX_NONE), why)
        })
    }

    /// Takes a pin away.
    pub fn unpin(&mut self, now_ns: u64, pattern: &str) -> Result<()> {
        let member = self.tuning("unpin", |t| t.unpin)?;
        self.set(now_ns, "unpin", |raw, now, why| unsafe {
            member(raw, now, view(pattern.as_bytes()), why)
        })
    }

    /// The next tick evaluates, and does not wait for the deviation to persist.
    pub fn rebalance_now(&mut self, now_ns: u64) -> Result<()> {
        let member = self.tuning("rebalance_now", |t| t.rebalance_now)?;
        self.set(now_ns, "rebalance_now", |raw, now, why| unsafe { member(raw, now, why) })
    }

    /// The configuration in effect as INI text.
    pub fn write_config(&mut self) -> Result<String> {
        let member = self.tuning("write_config", |t| t.write_config)?;
        // Safety: the writer lives through the call.
        let bytes = self.write_with("write_config", |raw, to| unsafe { member(raw, to) })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn metrics(&mut self) -> Result<sys::hmx_metrics_v1> {
        match self.extension(sys::HMX_METRICS_ID) {
            Some(table) => Ok(table),
            None => refuse(sys::HMX_E_UNSUPPORTED, "this plugin has no metrics"),
        }
    }

    /// What is known: the totals, and one row per pool.
    pub fn snapshot(&mut self) -> Result<(Snapshot, Vec<UpstreamMetrics>)> {
        let member = match self.metrics()?.snapshot {
            Some(member) => member,
            None => return refuse(sys::HMX_E_UNSUPPORTED, "this plugin has no snapshot"),
        };
        let mut rows = vec![sized::<sys::hmx_upstream_metrics>(); sys::HMX_UPSTREAMS_MAX as usize];
        let mut out: sys::hmx_snapshot = sized();
        out.stride = size_of::<sys::hmx_upstream_metrics>() as u32;
        out.capacity = sys::HMX_UPSTREAMS_MAX;
        out.rows = rows.as_mut_ptr();
        // Safety: out and rows live through the call.
        check(unsafe { member(self.raw, &mut out) }, "snapshot")?;
        rows.truncate(out.count as usize);
        out.rows = std::ptr::null_mut();
        Ok((Snapshot(out), rows.into_iter().map(UpstreamMetrics).collect()))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}
