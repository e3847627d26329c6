//! Which handler answers which call.

use super::Mock;
use super::state::Caller;
use crate::koji::calls::{self, *};
use crate::koji::{Arguments, Call, Fault, Value};

/// Reads a call's arguments, answers it, and writes the answer.
fn answer<C: Call>(
    mock: &mut Mock,
    caller: Caller,
    arguments: Arguments,
    handler: impl FnOnce(&mut Mock, Caller, C) -> Result<C::Answer, Fault>,
) -> Result<Value, Fault> {
    handler(mock, caller, C::of(arguments)?).map(|answer| Value::of(&answer))
}

/// Answers one call.
pub(super) fn dispatch(
    mock: &mut Mock,
    caller: Caller,
    method: &str,
    arguments: Arguments,
) -> Result<Value, Fault> {
    if method == "echo" {
        return Ok(Value::List(arguments.into_params()));
    }
    handle(mock, caller, method, arguments)
}

/// Returns whether the mock answers a method.
fn is_answered(method: &str) -> bool {
    ANSWERED.contains(&method) || method == calls::MultiCall::METHOD
}

/// Matches methods to handlers.
macro_rules! handlers {
    ($($call:ident => $handler:ident,)*) => {
        const ANSWERED: &[&str] = &[$(<$call as Call>::METHOD,)*];

        fn handle(
            mock: &mut Mock,
            caller: Caller,
            method: &str,
            arguments: Arguments,
        ) -> Result<Value, Fault> {
            match method {
                $(<$call as Call>::METHOD => answer(mock, caller, arguments, Mock::$handler),)*
                other => Err(Fault::generic(format!("Invalid method: {other}"))),
            }
        }
    };
}

handlers! {
    GetApiVersion => api_version,
    GetKojiVersion => koji_version,
    ListApi => list_api,
    MavenEnabled => maven_enabled,
    ShowSession => show_session,
    Login => login,
    SslLogin => ssl_login,
    Logout => logout,
    LogoutChild => logout_child,
    Subsession => subsession,
    ExclusiveSession => exclusive_session,
    GetSessionInfo => session_info,
    GetLoggedInUser => logged_in_user,
    GetUser => get_user,
    GetPerms => get_perms,
    GetUserPerms => user_perms,
    HasPerm => has_perm,
    GetAllPerms => all_perms,
    GrantPermission => grant_permission,
    GrantCgAccess => grant_generator,
    ListHosts => list_hosts,
    GetHost => get_host,
    GetLastHostUpdate => last_update,
    AddHost => add_host,
    EditHost => edit_host,
    EnableHost => enable_host,
    DisableHost => disable_host,
    AddHostToChannel => add_to_channel,
    RemoveHostFromChannel => remove_from_channel,
    ListChannels => list_channels,
    GetChannel => get_channel,
    GetAllArches => all_arches,
    GetTaskRuns => task_runs,
    GetTaskRefusals => refusals,
    GetHostData => host_data,
    GetLogMessages => log_messages,
    DoRun => do_run,
    CreateTag => create_tag,
    EditTag2 => edit_tag,
    DeleteTag => delete_tag,
    GetTag => get_tag,
    GetBuildConfig => build_config,
    ListTags => list_tags,
    GetInheritanceData => inheritance,
    SetInheritanceData => set_inheritance,
    GetFullInheritance => full_inheritance,
    TagLastChangeEvent => last_change,
    GetLastEvent => last_event,
    GetEvent => get_event,
    PackageListAdd => package_add,
    PackageListBlock => package_block,
    PackageListUnblock => package_unblock,
    PackageListRemove => package_remove,
    ListPackages => list_packages,
    GetPackageConfig => package_config,
    GetPackageId => get_package_id,
    GroupListAdd => group_add,
    GroupPackageListAdd => group_package_add,
    GetTagGroups => tag_groups,
    CreateSideTag => create_side_tag,
    RemoveSideTag => remove_side_tag,
    CreateBuildTarget => create_target,
    EditBuildTarget => edit_target,
    DeleteBuildTarget => delete_target,
    GetBuildTarget => get_target,
    GetBuildTargets => list_targets,
    CreateExternalRepo => create_external,
    ListExternalRepos => list_external,
    AddExternalRepoToTag => add_external,
    RemoveExternalRepoFromTag => remove_external,
    GetTagExternalRepos => tag_external,
    GetExternalRepoList => external_list,
    RepoRequestCall => repo_request,
    RepoCheckRequest => check_request,
    RepoGet => repo_get,
    RepoQueryQueue => query_queue,
    RepoQuery => repo_query,
    RepoCheckQueue => check_queue,
    RepoAutoRequests => auto_requests,
    RepoUpdateEndEvents => update_end_events,
    GetRepo => get_repo,
    RepoInfo => repo_info,
    NewRepo => new_repo,
    DistRepo => dist_repo,
    BuildCall => build_call,
    ChainBuild => chain_build,
    ModuleBuild => module_build,
    MakeTask => make_task,
    GetTaskInfo => task_info,
    GetTaskRequest => task_request,
    GetTaskChildren => task_children,
    GetTaskDescendents => descendents,
    ListTasks => list_tasks,
    GetTaskResult => task_result,
    TaskFinished => task_finished,
    CancelTask => cancel_task,
    CancelTaskFull => cancel_full,
    CancelTaskChildren => cancel_children,
    ResubmitTask => resubmit,
    SetTaskPriority => set_task_priority,
    FreeTask => free_task,
    ListTaskOutput => task_output,
    DownloadTaskOutput => download,
    ListBuildroots => list_buildroots,
    GetBuild => get_build,
    ListBuilds => list_builds,
    ListTagged => list_tagged,
    ListTaggedRpms => tagged_rpms,
    GetRpmHeaders => rpm_headers,
    GetLatestBuilds => latest_builds,
    TagBuild => tag_build,
    TagBuildBypass => tag_bypass,
    UntagBuild => untag,
    CancelBuild => cancel_build,
    GetBuildLogs => build_logs,
    ListBuildRpms => build_rpms,
    ListRpms => list_rpms,
    QueryRpmSigs => rpm_sigs,
    ListArchives => list_archives,
    GetMavenBuild => maven_build,
    GetWinBuild => win_build,
    GetBuildType => get_build_type,
    GetAverageBuildDuration => average,
    QueryHistory => query_history,
    ListBTypes => list_types,
    AddBType => add_type,
    ListCgs => list_generators,
    CgInitBuild => reserve_build,
    CgRefundBuild => refund_build,
    CgImport => import,
    CheckUpload => check_upload,
    HostGetId => get_own_id,
    HostGetHost => get_own_host,
    HostGetHostTasks => host_tasks,
    HostGetTasks => get_tasks,
    HostUpdateHost => update_host,
    HostOpenTask => open_task,
    HostRefuseTask => refuse_task,
    HostFreeTasks => free_tasks,
    HostSetTaskWeight => set_weight,
    HostSubtask => subtask,
    HostTaskSetWait => set_wait,
    HostTaskWait => task_wait,
    HostTaskWaitResults => wait_results,
    HostCloseTask => close_task,
    HostFailTask => fail_task,
    HostInitBuild => init_build,
    HostCompleteBuild => host_complete_build,
    HostFailBuild => host_fail_build,
    HostNewBuildRoot => new_buildroot,
    HostSetBuildRootState => set_buildroot_state,
    HostRepoInit => repo_init,
    HostRepoDone => repo_done,
    HostDistRepoMove => dist_repo_move,
    HostAssertPolicy => assert_policy,
    HostTagBuild => host_tag_build,
    HostTagNotification => tag_notification,
}

impl Mock {
    fn api_version(&mut self, _: Caller, _: GetApiVersion) -> Result<i64, Fault> {
        Ok(1)
    }

    fn koji_version(&mut self, _: Caller, _: GetKojiVersion) -> Result<String, Fault> {
        Ok("1.35.3".to_owned())
    }

    fn maven_enabled(&mut self, _: Caller, _: MavenEnabled) -> Result<bool, Fault> {
        Ok(false)
    }

    fn show_session(&mut self, caller: Caller, _: ShowSession) -> Result<String, Fault> {
        Ok(match (caller.session, caller.user) {
            (Some(session), Some(user)) => format!("session {session}: user {user}"),
            _ => "No session".to_owned(),
        })
    }

    /// Lists every supported call with its parameters.
    fn list_api(&mut self, _: Caller, _: ListApi) -> Result<Vec<Map>, Fault> {
        let row = |entry: &calls::Entry| {
            let argument = |(at, name): (usize, &&str)| {
                if at < entry.required { (*name).to_owned() } else { format!("{name}=None") }
            };
            let described: Vec<String> =
                entry.parameters.iter().enumerate().map(argument).collect();
            let names = entry.parameters.iter().map(|name| Value::from(*name)).collect();
            Map::from([
                ("name".to_owned(), entry.method.into()),
                ("argdesc".to_owned(), format!("({})", described.join(", ")).as_str().into()),
                ("args".to_owned(), Value::List(names)),
                ("argspec".to_owned(), Value::Nil),
                ("doc".to_owned(), Value::Nil),
            ])
        };
        Ok(calls::all().filter(|entry| is_answered(entry.method)).map(row).collect())
    }
}
