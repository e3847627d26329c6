//! Builders, channels and the scheduler.

use super::{Map, calls};
use crate::koji::shapes::{Channel, Host, HostData, LogMessage, TaskRun};
use crate::koji::{Ref, Value};

calls! {
    /// Builders, all or some.
    ListHosts "listHosts" (; arches: Value, channel_id "channelID": Ref, ready: bool, enabled: bool, user_id "userID": Ref, query_opts "queryOpts": Map) -> Vec<Host>,
    /// One builder.
    GetHost "getHost" (host "hostInfo": Ref; strict: bool, event: i64) -> Option<Host>,
    /// The time of the last report of a builder.
    GetLastHostUpdate "getLastHostUpdate" (host_id "hostID": Ref; ts: bool) -> Value,
    /// Adds a builder and its user.
    AddHost "addHost" (hostname: String, arches: Vec<String>; krb_principal: String, force: bool) -> i64,
    /// Changes a builder; whether anything changed.
    EditHost "editHost" (host "hostInfo": Ref; ..settings) -> bool,
    /// Lets a builder take tasks.
    EnableHost "enableHost" (hostname: Ref) -> (),
    /// Keeps a builder from taking tasks.
    DisableHost "disableHost" (hostname: Ref) -> (),
    /// Puts a builder into a channel.
    AddHostToChannel "addHostToChannel" (hostname: Ref, channel "channel_name": String; create: bool, force: bool) -> (),
    /// Removes a builder from a channel.
    RemoveHostFromChannel "removeHostFromChannel" (hostname: Ref, channel "channel_name": String) -> (),
    /// Channels, all or those of a builder.
    ListChannels "listChannels" (; host_id "hostID": Ref, event: i64, enabled: bool) -> Vec<Channel>,
    /// One channel.
    GetChannel "getChannel" (channel "channelInfo": Ref; strict: bool) -> Option<Channel>,
    /// The arches of all builders.
    GetAllArches "getAllArches" () -> Vec<String>,
    /// Which tasks were given to which builder.
    GetTaskRuns "scheduler.getTaskRuns" (; clauses: Value, fields: Value, opts: Map) -> Vec<TaskRun>,
    /// Which builders refused which tasks.
    GetTaskRefusals "scheduler.getTaskRefusals" (; clauses: Value, fields: Value) -> Vec<Map>,
    /// The reports of builders about themselves.
    GetHostData "scheduler.getHostData" (; host_id "hostID": i64) -> Vec<HostData>,
    /// The log of the scheduler.
    GetLogMessages "scheduler.getLogMessages" (; clauses: Value, fields: Value, opts: Map) -> Vec<LogMessage>,
    /// Has the scheduler run; whether it did.
    DoRun "scheduler.doRun" (; force: bool) -> bool,
}
