import type { Logger } from '../../base/log.ts';
import type { ArmError, ErrorShape } from './errors.ts';
import type { JsonObject, ResourceBody, ResourceView, StoredResource } from './resource.ts';

/**
 * A resource type: one row of the table. `parse`, `validate`, `plan` and `toWire` are pure; `provision` and `deprovision` act, are
 * level-based, and run again from the start when the region was restarted in the middle.
 *
 * PUT: parse → validate → plan → the resource is stored and answered (`Creating` or `Updating`) → `provision` runs in the background
 * → `Succeeded`, or `Failed` with the error that it threw. A type without `provision` (or whose plan says so) is done at once.
 * DELETE: validateDelete → stored as `Deleting`, answered → `deprovision` → the resource is removed from the store.
 */
export interface ResourceProvider<Body extends ResourceBody = ResourceBody, State extends object = object> {
  /** `Microsoft.Network/publicIPPrefixes`, or with parent `Microsoft.Network/virtualNetworks/subnets`. */
  readonly type: string;
  /** Default `arm`: `{error: {code, message}}`. `flat`: `{code, message}`, as the Kubernetes service answers. */
  readonly errorShape?: ErrorShape;
  /** `merge`: PATCH is parsed like a PUT with `patch: true`. Default: PATCH replaces the tags, nothing else. */
  readonly patch?: 'tags' | 'merge';

  /**
   * unknown → typed, defaults filled in, read-only and unknown members dropped. Throws one ArmError (400) that lists every problem.
   * Whether absent members mean "default" or "as before" is the type's own rule: `existing` is at hand.
   */
  parse(put: PutRequest<Body, State>): Body;
  /** Against the rest of the world: references, limits, immutable members. Throws ArmError. */
  validate?(put: ParsedPut<Body, State>): void;
  /** The state to store with the body (allocations, generated ids), and what changes together with it. Default: state as before, or `{}`. */
  plan?(put: ParsedPut<Body, State>): PutPlan<State>;
  /** Makes the world equal to the stored resource. May write results with `setState`. Throws what the operation reports. */
  provision?(context: OperationContext<Body, State>): Promise<void>;

  /**
   * Before a client's DELETE: asks the world outside the store whether somebody still needs the resource. Throws ArmError. Not asked when
   * the resource goes together with what it belongs to.
   */
  checkUsers?(resource: StoredResource<Body, State>, view: ResourceView, signal: AbortSignal): Promise<void>;
  /** Throws ArmError when the resource may not be deleted. */
  validateDelete?(resource: StoredResource<Body, State>, view: ResourceView): void;
  /** Other resources that change in the moment in which the deletion begins (the resource shows as `Deleting` then): as they are to be. */
  planDelete?(resource: StoredResource<Body, State>, view: ResourceView): readonly StoredResource[];
  /** Takes away what `provision` made, in whatever state that is. Stored children that are left are removed with the resource. */
  deprovision?(context: OperationContext<Body, State>): Promise<void>;

  /**
   * After a start of the region (perhaps of the host): makes run again what should be running. Operations of its scope that begin
   * meanwhile wait for it; a deletion aborts it. Failures are logged, nothing else.
   */
  restore?(context: OperationContext<Body, State>): Promise<void>;

  /**
   * The wire body. `id`, `name`, `type`, `location`, `tags` and `properties.provisioningState` are added by the caller unless given;
   * the etag is not, since every family has its own place for it (`etag: weakEtag(resource)` for networks).
   */
  toWire(resource: StoredResource<Body, State>, view: ResourceView): WireResource;

  /** GET {id}/{name}, such as `instanceView`, and `$expand={name}` of the resource itself; names in any case. */
  readonly reads?: Readonly<Record<string, ResourceRead<Body, State>>>;

  /** `$filter` of a list: what stays of it. Throws 400 for one that the type does not know. Default: all stay, whatever it says. */
  filter?(
    list: readonly StoredResource<Body, State>[],
    expression: string,
    view: ResourceView,
  ): readonly StoredResource<Body, State>[];

  /** POST {id}/{name}; names in any case. */
  readonly actions?: Readonly<Record<string, ResourceAction<Body, State>>>;

  /** Operations of one scope run one after another. An id; default: the resource's own. */
  operationScope?(id: string): string;
  /** The answer (409) to a request while another operation of its scope runs. Default: no refusal, its operation waits for its turn. */
  refuseWhileBusy?(running: RunningOperation): ArmError;
}

/** A type that is only read and is not stored: computed out of other resources, such as the network interfaces of an instance. */
export interface DerivedType {
  readonly type: string;
  get(id: string, view: ResourceView): JsonObject | undefined;
  /** `under`: the id of the parent, the group or the subscription. */
  list(under: string, view: ResourceView): readonly JsonObject[];
}

export interface PutRequest<Body, State = object> {
  readonly id: string;
  readonly name: string;
  /** Parsed JSON. */
  readonly body: unknown;
  readonly existing: StoredResource<Body, State> | undefined;
  readonly isPatch: boolean;
  readonly view: ResourceView;
}

export interface ParsedPut<Body, State = object> {
  readonly id: string;
  readonly name: string;
  readonly body: Body;
  /** What `parse` got: for children that the body carries and that are stored as resources of their own. */
  readonly request: unknown;
  readonly existing: StoredResource<Body, State> | undefined;
  readonly view: ResourceView;
}

export interface PutPlan<State> {
  readonly state: State;
  /**
   * Stored in the same moment, each through its own type's parse, validate and plan. Their `provision` is not run: our own does their
   * work or calls `context.put`, and they share the end of our operation.
   */
  readonly children?: readonly ChildPut[];
  /** Ids of children that go in the same moment, without `deprovision`. */
  readonly removedChildren?: readonly string[];
  /** Default: true when the type has `provision`. */
  readonly isLongRunning?: boolean;
}

export interface ChildPut {
  readonly id: string;
  readonly body: unknown;
}

export interface RunningOperation {
  readonly resourceId: string;
  readonly resourceType: string;
  /** What the resource showed when the operation began: `Creating`, `Updating`, `Deleting`; for an action its name. */
  readonly kind: string;
}

export interface OperationContext<Body = ResourceBody, State = object> {
  /** As stored right now: later writes (also those of `setState`) are seen by the next read. */
  readonly resource: StoredResource<Body, State>;
  readonly view: ResourceView;
  /** Aborted when the region stops; the operation is run again at its next start. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Saves these members of the state at once. */
  setState(change: Partial<State>): void;
  /** Changes what is stored of another resource and nothing else: none of its hooks run. Absent is fine. */
  readonly edit: (id: string, change: (now: StoredResource) => StoredResource) => void;
  /**
   * PUT of another resource and the wait for the end of its `provision`; the same body twice is once. Runs inside this operation when
   * it belongs to the same scope. Throws the ArmError of the refusal or of the failed operation.
   */
  readonly put: (id: string, body: unknown) => Promise<void>;
  /** DELETE of another resource and the wait for its end; absent is done. */
  readonly remove: (id: string) => Promise<void>;
  /**
   * POST of a long-running action of another resource and the wait for its end. One operation does the same action of a resource once:
   * when it runs again after a restart, it finds the one that it began before.
   */
  readonly act: (id: string, action: string, input?: ActionInput) => Promise<void>;
}

export interface ActionInput {
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
}

export interface WireResource extends JsonObject {
  readonly properties?: JsonObject;
}

/** A part of a resource that has a path of its own. */
export interface ResourceRead<Body = ResourceBody, State = object> {
  toWire(resource: StoredResource<Body, State>, view: ResourceView): JsonObject;
}

/** `reply` answers at once (200 with its body); `operation` runs in the background, again from the start after a restart of the region. */
export type ResourceAction<Body = ResourceBody, State = object> =
  | { readonly kind: 'reply'; run(context: OperationContext<Body, State>, input: Required<ActionInput>): Promise<JsonObject> }
  | {
      readonly kind: 'operation';
      /** Before the operation begins; throws ArmError. */
      validate?(input: Required<ActionInput>, resource: StoredResource<Body, State>, view: ResourceView): void;
      run(context: OperationContext<Body, State>, input: Required<ActionInput>): Promise<void>;
    };
