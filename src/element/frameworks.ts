// The tag in React's JSX and in Vue's templates, for compilers alone. The build has them overlook what is here of a
// framework that is not installed.

import type { Camel } from "../options/text.js";
import type { AttributeName, Read } from "./attributes.js";
import type { SensitivityMapEvents } from "./events.js";
import type { SensitivityMapElement } from "./sensitivity-map.js";

// A value, or the text that says it.
type Sayable<Name extends AttributeName> = Unchanged<Read<Name>> | string;

type Unchanged<Value> = Value extends (infer Item)[] ? readonly Item[] : Value;

/** The attributes of <sensitivity-map> by name, as JSX takes them: values, or their text. */
export type TagAttributes = { readonly [Name in AttributeName]?: Sayable<Name> | undefined };

type TagProperties = {
  readonly [Name in AttributeName as Camel<Name>]?: Sayable<Name> | undefined;
};

type Listener<Type extends keyof SensitivityMapEvents> = (
  event: SensitivityMapEvents[Type],
) => void;

// React calls them from its version 19 on.
type ReactListeners = {
  readonly [Type in keyof SensitivityMapEvents as `on${Type}`]?: Listener<Type> | undefined;
};

type VueListeners = {
  readonly [Type in keyof SensitivityMapEvents as `on${Capitalize<Type>}`]?:
    | Listener<Type>
    | undefined;
};

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "sensitivity-map": import("react").DetailedHTMLProps<
        import("react").HTMLAttributes<SensitivityMapElement>,
        SensitivityMapElement
      > &
        TagAttributes &
        ReactListeners & { class?: string | undefined };
    }
  }
}

declare module "vue" {
  interface GlobalComponents {
    "sensitivity-map": new () => SensitivityMapElement & {
      $props: Omit<import("vue").HTMLAttributes, keyof VueListeners> &
        import("vue").PublicProps &
        TagProperties &
        VueListeners;
    };
  }
}
