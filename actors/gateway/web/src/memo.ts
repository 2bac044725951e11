import { Component, createElement, type ComponentChild, type FunctionComponent } from "preact";

/** A component that is drawn again only when one of its properties is another value than before. */
export function memo<P extends object>(Inner: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = this.props as Readonly<Record<string, unknown>>;
      return Object.entries(next).some(([name, value]) => before[name] !== value);
    }

    override render(): ComponentChild {
      return createElement(Inner, this.props);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
