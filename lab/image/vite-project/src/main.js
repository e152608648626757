const clock = document.querySelector("#clock");
const tick = () => {
  clock.textContent = `The guest's page is alive: ${new Date().toLocaleTimeString()}`;
};
tick();
setInterval(tick, 1000);
